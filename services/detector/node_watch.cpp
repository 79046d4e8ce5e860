#include "services/detector/node_watch.h"

#include <algorithm>
#include <cctype>

namespace peer_observer::detector {
namespace {

// Eight times Bitcoin Core's default of 125: what operators of honeynodes set, and more. Closing may go unseen.
constexpr std::size_t kMostPeers = 1024;
constexpr std::size_t kMostProfiles = 1024;
// Clocks are corrected by small steps, and threads take turns.
constexpr Time kBackwards = 10 * kSecond;

std::string network_name(proto::Network network)
{
    std::string name = proto::Network_IsValid(network) ? proto::Network_Name(network) : std::to_string(network);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

} // namespace

NodeWatch::NodeWatch(const WatchId& id, const Settings& settings, const Alarms::Sink& sink)
    : settings_{settings}, peers_{kMostPeers}, profiles_{kMostProfiles}
{
    const auto with_profile = [this, sink](Report&& report) {
        if (const Profile* known = report.is_local ? nullptr : profiles_.find(report.subject))
            report.state.profile = *known;
        if (settings_.systems) report.subject_name = settings_.systems->names().find(as_number(report.subject));
        sink(std::move(report));
    };
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        alarms_.push_back(std::make_unique<Alarms>(*kinds[kind], settings_.enabled[kind], settings_.times,
                                                   settings_.known_peers, id, with_profile));
    make_detectors();
}

void NodeWatch::make_detectors()
{
    detectors_.clear();
    auto hooks = std::make_unique<Hooks>();
    if (hooks_) hooks->core = hooks_->core;
    hooks->systems_ = settings_.systems.get();
    hooks_ = std::move(hooks);
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        detectors_.push_back(kinds[kind]->make(settings_.thresholds[kind], *alarms_[kind], *hooks_));
}

void NodeWatch::observe(const Moment& event_at, const proto::Event& event)
{
    advance(event_at);
    const Moment at{now_, event_at.publisher_id, event_at.sequence};
    switch (event.context_case()) {
    case proto::Event::kMessage:
        if (event.message().has_inbound()) observe_inbound(at, event.message().inbound());
        if (event.message().has_outbound()) observe_outbound(at, event.message().outbound());
        if (event.message().has_processed()) {
            const auto& processed = event.message().processed();
            if (Peer* who = known(processed.peer_id()); who != nullptr && !is_left_out(*who))
                hooks_->processed.call(at, *who, processed);
        }
        break;
    case proto::Event::kConnection:
        observe(at, event.connection());
        break;
    case proto::Event::kMempool:
        observe(at, event.mempool());
        break;
    case proto::Event::kValidation:
        if (event.validation().has_block_connected())
            hooks_->block_connected.call(at, event.validation().block_connected());
        break;
    case proto::Event::kAddrman:
        if (event.addrman().has_attempt_add()) hooks_->addrman_attempt.call(at, event.addrman().attempt_add());
        break;
    case proto::Event::kOrphan:
        if (event.orphan().has_add()) {
            if (Peer* who = known(event.orphan().add().peer_id()); who != nullptr && !is_left_out(*who))
                hooks_->orphan_added.call(at, *who, event.orphan().add());
        }
        break;
    case proto::Event::kAddrConnectivity:
        if (event.addr_connectivity().has_announcer_reachability())
            hooks_->announcer.call(at, event.addr_connectivity().announcer_reachability());
        break;
    case proto::Event::kRpc:
        if (event.rpc().has_getpeerinfo()) hooks_->peer_list.call(at, event.rpc().getpeerinfo());
        break;
    default:
        break;
    }
}

/// Everything that follows from time, and from what is missing.
void NodeWatch::advance(const Moment& event_at)
{
    const Time time = event_at.time;
    if (now_ != 0 && time > now_ + kLongestSilence) {
        end(now_ + kLongestSilence, proto::AnomalyReport::SILENCE);
        gap_ = true;
    }
    if (time + kBackwards < now_) {
        forget_peers({now_, event_at.publisher_id, event_at.sequence});
        make_detectors();
        end(now_, proto::AnomalyReport::CLOCK_SET_BACK);
        now_ = time;
        next_tick_ = 0;
        gap_ = true;
    }
    now_ = std::max(now_, time);
    const Moment at{now_, event_at.publisher_id, event_at.sequence};
    if (gap_) {
        gap_ = false;
        for (auto& [id, peer] : peers_) {
            peer.from_start = false;
            peer.complete_since = now_;
        }
        latest_ = {};
        hooks_->gap.call(at);
    }
    if (now_ < next_tick_) return;
    const Moment second{now_ - now_ % kSecond, at.publisher_id, at.sequence};
    next_tick_ = second.time + kSecond;
    hooks_->tick.call(second);
    for (auto& alarms : alarms_)
        alarms->tick(second);
}

void NodeWatch::pass(Time now)
{
    // Once a second, as advance() does: all other processes of the publisher call it with each of their events.
    if (now < next_tick_ || (now < next_pass_ && now + kSecond >= next_pass_)) return;
    const Time second = now - now % kSecond;
    next_pass_ = second + kSecond;
    for (auto& alarms : alarms_)
        alarms->tick({second, 0, 0});
}

void NodeWatch::end(Time at, Ending ending)
{
    for (auto& alarms : alarms_)
        alarms->end(at, ending);
}

void NodeWatch::forget_peers(const Moment& at)
{
    for (const auto& [id, peer] : peers_)
        hooks_->forgotten.call(at, peer);
    peers_.clear();
    latest_ = {};
}

void NodeWatch::forget(const Moment& at, const Peer& peer)
{
    hooks_->forgotten.call(at, peer);
    peers_.erase(peer.id);
}

Peer& NodeWatch::peer(const Moment& at, std::int64_t id, std::string_view address, std::string_view connection_type)
{
    if (Peer* found = peers_.find(id); found != nullptr && found->address == address) return peers_[id];
    if (const Peer* stranger = peers_.find(id)) forget(at, *stranger); // another process has given the number again
    if (peers_.is_full()) forget(at, Peer{peers_.oldest().second});
    Peer& peer = peers_[id];
    peer = make_peer(id, address, connection_type == "inbound", proto::UNROUTABLE, settings_.systems.get());
    peer.since = at.time;
    peer.complete_since = at.time;
    return peer;
}

bool NodeWatch::is_left_out(Peer& peer)
{
    if (peer.looked_up != settings_.known_peers_version) {
        peer.looked_up = settings_.known_peers_version;
        const auto* known = settings_.known_peers.find(peer.has_own_host() ? peer.host : "", peer.user_agent);
        peer.is_left_out = known != nullptr && known->is_left_out;
        peer.known_as = known == nullptr ? "" : known->name;
    }
    return peer.is_left_out;
}

Profile& NodeWatch::profile(const Moment& at, const Peer& peer)
{
    Profile& profile = profiles_[peer.host];
    if (profile.first == 0) profile.first = at.time;
    profile.last = at.time;
    return profile;
}

void NodeWatch::observe(const Moment& at, const proto::Connection& connection)
{
    switch (connection.event_case()) {
    case proto::Connection::kInbound:
    case proto::Connection::kOutbound: {
        const auto& opened = connection.has_inbound() ? connection.inbound() : connection.outbound();
        Peer& who = peer(at, opened.peer_id(), opened.address(), opened.connection_type());
        identify(who, opened.network(), settings_.systems.get());
        who.from_start = true;
        who.looked_up = 0;
        if (who.has_own_host()) {
            Profile& seen = profile(at, who);
            ++seen.connections;
            Profile::note(seen.connection_types, opened.connection_type().substr(0, Profile::kMostBytes));
            Profile::note(seen.networks, network_name(opened.network()));
        }
        if (!is_left_out(who)) hooks_->opened.call(at, who, opened);
        break;
    }
    case proto::Connection::kClosed: {
        const auto& closed = connection.closed();
        Peer& who = peer(at, closed.peer_id(), closed.address(), closed.connection_type());
        if (!is_left_out(who)) hooks_->closed.call(at, who);
        forget(at, who);
        break;
    }
    case proto::Connection::kEvicted: {
        const auto& evicted = connection.evicted();
        Peer& who = peer(at, evicted.peer_id(), evicted.address(), evicted.connection_type());
        if (!is_left_out(who)) hooks_->evicted.call(at, who);
        break;
    }
    case proto::Connection::kMisbehaving:
        if (Peer* who = known(connection.misbehaving().peer_id()); who != nullptr && !is_left_out(*who))
            hooks_->misbehaving.call(at, *who, connection.misbehaving());
        break;
    default:
        break;
    }
}

void NodeWatch::observe_inbound(const Moment& at, const proto::PeerMessage& message)
{
    Peer& who = peer(at, message.peer_id(), message.address(), message.connection_type());
    const auto& payload = message.payload();
    who.latest_message = message.message_type();
    who.latest_type = payload.payload_case();
    switch (payload.payload_case()) {
    case proto::MessagePayload::kVersion:
        who.user_agent = payload.version().user_agent();
        who.looked_up = 0;
        if (who.has_own_host()) {
            Profile& seen = profile(at, who);
            Profile::note(seen.user_agents, who.user_agent.substr(0, Profile::kMostBytes));
            Profile::note(seen.versions, payload.version().version());
            Profile::note(seen.services, payload.version().services());
        }
        break;
    case proto::MessagePayload::kTx:
        latest_.peer_id = who.id;
        latest_.txid = payload.tx().txid();
        break;
    default:
        break;
    }
    if (is_left_out(who)) return;
    hooks_->pace.received(at.time, who);
    if (payload.has_tx()) hooks_->transactions.received(who, payload.tx());
    hooks_->received.call(at, who, message);
    hooks_->inbound_[payload.payload_case()].call(at, who, message);
}

void NodeWatch::observe_outbound(const Moment& at, const proto::PeerMessage& message)
{
    Peer& who = peer(at, message.peer_id(), message.address(), message.connection_type());
    const auto& payload = message.payload();
    // A private broadcast says that it is another client (PushNodeVersion, net_processing.cpp).
    if (payload.has_version() && message.connection_type() != "private-broadcast")
        hooks_->core = constants_of(core_release(payload.version().user_agent()));
    if (is_left_out(who)) return;
    hooks_->sent.call(at, who, message);
    hooks_->outbound_[payload.payload_case()].call(at, who, message);
}

Peer* NodeWatch::latest_sender(const std::string& txid)
{
    if (txid.empty() || txid != latest_.txid) return nullptr;
    Peer* who = known(latest_.peer_id);
    return who == nullptr || is_left_out(*who) ? nullptr : who;
}

/// The node accepts or rejects a transaction while it processes the message that brought it.
void NodeWatch::observe(const Moment& at, const proto::Mempool& mempool)
{
    if (mempool.has_rejected()) {
        if (Peer* who = latest_sender(mempool.rejected().txid())) hooks_->rejected.call(at, *who, mempool.rejected());
    } else if (mempool.has_added()) {
        if (Peer* who = latest_sender(mempool.added().txid())) hooks_->accepted.call(at, *who, mempool.added());
    } else if (mempool.has_replaced()) {
        if (Peer* who = latest_sender(mempool.replaced().replacement_txid()))
            hooks_->replaced.call(at, *who, mempool.replaced());
    }
}

std::uint64_t NodeWatch::refused() const
{
    std::uint64_t sum = 0;
    for (const auto& alarms : alarms_)
        sum += alarms->refused();
    return sum;
}

} // namespace peer_observer::detector
