#include "libs/web/state/node.h"

#include "libs/base/hex.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostProcesses = 16;
constexpr std::size_t kMostNodeTextBytes = 256;
/// getpeerinfo tells the moment before its answer came: what happened within this time of it is not compared.
constexpr std::uint64_t kAnswerNs = 10 * kSecond;

} // namespace

Node::Node(std::string name, Inventory& inventory)
    : name_{std::make_shared<const std::string>(std::move(name))}, inventory_{inventory}
{}

void Node::missed(std::uint64_t events, bool of_unknown_number)
{
    missed_events_ += events;
    if (of_unknown_number) ++unknown_losses_;
}

void Node::observe(const proto::Event& event, const KeptEventPtr& kept)
{
    const auto time_ns = event.timestamp_ns();
    ++events_;
    if (first_event_ns_ == 0) first_event_ns_ = time_ns;
    last_event_ns_ = std::max(last_event_ns_, time_ns);
    see_process(event);
    const Inventory::Place place{name_, kept->id, time_ns};
    switch (event.context_case()) {
    case proto::Event::kMessage:
        if (event.message().has_inbound()) message(Direction::inbound, event.message().inbound(), kept);
        if (event.message().has_outbound()) message(Direction::outbound, event.message().outbound(), kept);
        break;
    case proto::Event::kConnection:
        connection(event.connection(), kept);
        break;
    case proto::Event::kMempool:
        inventory_.mempool(place, event.mempool());
        break;
    case proto::Event::kValidation:
        if (!event.validation().has_block_connected()) break;
        inventory_.block_connected(place, event.validation().block_connected());
        height_ = event.validation().block_connected().height();
        tip_hash_ = base::to_reversed_hex(event.validation().block_connected().hash());
        tip_ns_ = time_ns;
        break;
    case proto::Event::kLog:
        if (event.log().has_compact_block_reconstructed())
            inventory_.reconstructed(place, event.log().compact_block_reconstructed());
        break;
    case proto::Event::kRpc:
        rpc(event.rpc(), time_ns);
        break;
    case proto::Event::kEventsLost:
        events_lost_ += event.events_lost().count();
        break;
    default:
        break;
    }
}

void Node::see_process(const proto::Event& event)
{
    if (event.pid() == 0) return;
    const Process process{event.pid(), event.process_start_ms()};
    if (process_ == process) return;
    process_ = process;
    if (processes_.size() == kMostProcesses) processes_.clear();
    if (!processes_.insert(process).second) return; // two processes under one name: both live
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        const auto next = std::next(peer);
        if (peer->first.process != process) end(peer, event.timestamp_ns(), "node_stopped");
        peer = next;
    }
}

Peer& Node::peer(std::int64_t peer_id, std::uint64_t time_ns)
{
    const PeerKey key{process_.value_or(Process{}), peer_id};
    const auto [place, is_new] = peers_.try_emplace(key, key);
    place->second.seen(time_ns);
    if (is_new && peers_.size() > kMaxPeers) {
        auto oldest = place == peers_.begin() ? std::next(place) : peers_.begin();
        for (auto other = oldest; other != peers_.end(); ++other)
            if (other != place && other->second.last_ns < oldest->second.last_ns) oldest = other;
        end(oldest, time_ns, "not_observed");
    }
    return place->second;
}

void Node::remember(Peer& peer, const KeptEventPtr& kept)
{
    const auto before = peer.history.bytes();
    peer.history.add(kept);
    history_bytes_ += peer.history.bytes();
    history_bytes_ -= before;
    while (history_bytes_ > kNodeEventBytes && !gone_.empty())
        forget_oldest_gone();
    while (history_bytes_ > kNodeEventBytes && peer.history.events().size() > 1) {
        const auto bytes = peer.history.bytes();
        peer.history.drop_oldest();
        history_bytes_ -= bytes - peer.history.bytes();
    }
}

void Node::message(Direction direction, const proto::PeerMessage& message, const KeptEventPtr& kept)
{
    Peer& from = peer(message.peer_id(), kept->timestamp_ns);
    from.message(direction, message, kept->timestamp_ns);
    const bool is_in = direction == Direction::inbound;
    rates_.add(is_in ? Rates::messages_in : Rates::messages_out, kept->timestamp_ns, 1);
    rates_.add(is_in ? Rates::bytes_in : Rates::bytes_out, kept->timestamp_ns, message.size());
    inventory_.message({name_, kept->id, kept->timestamp_ns}, direction, message, from);
    remember(from, kept);
}

void Node::connection(const proto::Connection& connection, const KeptEventPtr& kept)
{
    const auto time_ns = kept->timestamp_ns;
    const auto ended = [&](const proto::EndedConnection& old, const char* ending) {
        Peer& gone = peer(old.peer_id(), time_ns);
        gone.endpoint(old.address(), old.connection_type());
        if (!gone.network) gone.network = proto::Network_Name(old.network());
        if (gone.opened_ns == 0 && old.established_s() > 0)
            gone.opened_ns = static_cast<std::uint64_t>(old.established_s()) * kSecond;
        remember(gone, kept);
        // Core marks an evicted connection, and closes it soon after: that event has the last word.
        if (gone.ending.empty()) gone.ending = ending;
        if (connection.has_closed()) end(peers_.find(gone.key), time_ns, ending);
    };
    if (connection.has_inbound() || connection.has_outbound()) {
        const auto& opening = connection.has_inbound() ? connection.inbound() : connection.outbound();
        Peer& opened = peer(opening.peer_id(), time_ns);
        opened.opened(opening, time_ns);
        remember(opened, kept);
    } else if (connection.has_closed()) {
        ended(connection.closed(), "closed");
    } else if (connection.has_evicted()) {
        ended(connection.evicted(), "evicted");
    } else if (connection.has_misbehaving()) {
        Peer& bad = peer(connection.misbehaving().peer_id(), time_ns);
        if (bad.misbehaviours.size() < kMisbehaviours)
            bad.misbehaviours.push_back(connection.misbehaving().reason().substr(0, kMostNodeTextBytes));
        remember(bad, kept);
    }
}

void Node::end(std::map<PeerKey, Peer>::iterator peer, std::uint64_t time_ns, const char* ending)
{
    Peer& gone = peer->second;
    gone.closed_ns = time_ns;
    if (gone.ending.empty()) gone.ending = ending;
    gone_.push_back(std::move(gone));
    peers_.erase(peer);
    while (gone_.size() > kMaxGonePeers)
        forget_oldest_gone();
}

void Node::forget_oldest_gone()
{
    history_bytes_ -= gone_.front().history.bytes();
    gone_.pop_front();
}

void Node::rpc(const proto::Rpc& rpc, std::uint64_t time_ns)
{
    if (rpc.has_getpeerinfo()) peer_info(rpc.getpeerinfo(), time_ns);
    if (rpc.has_getnetworkinfo()) subversion_ = rpc.getnetworkinfo().subversion().substr(0, kMostNodeTextBytes);
    if (rpc.has_getblockchaininfo() && rpc.getblockchaininfo().has_blocks()) {
        const auto& chain = rpc.getblockchaininfo();
        height_ = chain.blocks();
        const auto hash = chain.bestblockhash().substr(0, 64);
        if (hash != tip_hash_) tip_ns_ = 0; // connected before we looked
        tip_hash_ = hash;
    }
}

void Node::peer_info(const proto::PeerInfoList& list, std::uint64_t time_ns)
{
    std::set<std::int64_t> listed;
    for (const auto& info : list.peers()) {
        if (!info.has_id() || listed.size() >= kMaxPeers) continue;
        listed.insert(info.id());
        const PeerKey key{process_.value_or(Process{}), info.id()};
        auto known = peers_.find(key);
        if (known == peers_.end()) {
            if (find(key) != nullptr) continue; // gone since the node made its answer
            known = peers_.try_emplace(key, key).first;
            known->second.seen(time_ns);
        }
        // The number alone is no proof: another process of the node numbers its peers from 0, too.
        if (known->second.address.empty() || known->second.address == info.addr()) known->second.info(info);
    }
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        const auto next = std::next(peer);
        if (peer->second.last_ns + kAnswerNs < time_ns && !listed.contains(peer->first.peer_id))
            end(peer, peer->second.last_ns, "not_observed");
        peer = next;
    }
}

void Node::tick(std::uint64_t now_ns, std::uint64_t gone_ns)
{
    while (!gone_.empty() && gone_.front().closed_ns < now_ns - std::min(now_ns, gone_ns))
        forget_oldest_gone();
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        const auto next = std::next(peer);
        // By the node's own events: where they stop, nobody knows what its peers do.
        if (peer->second.last_ns + kSilentPeerNs < last_event_ns_) end(peer, peer->second.last_ns, "not_observed");
        peer = next;
    }
}

const Peer* Node::find(const PeerKey& key) const
{
    if (const auto known = peers_.find(key); known != peers_.end()) return &known->second;
    for (const auto& peer : std::views::reverse(gone_))
        if (peer.key == key) return &peer;
    return nullptr;
}

const Peer* Node::find(std::int64_t peer_id) const
{
    if (process_)
        if (const auto* peer = find(PeerKey{*process_, peer_id})) return peer;
    for (const auto& [key, peer] : std::views::reverse(peers_))
        if (key.peer_id == peer_id) return &peer;
    for (const auto& peer : std::views::reverse(gone_))
        if (peer.key.peer_id == peer_id) return &peer;
    return nullptr;
}

} // namespace peer_observer::web
