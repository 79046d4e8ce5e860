#include "services/archive-reader/pcap/connection.h"

#include "libs/wire/ignored_address.h"
#include "services/archive-reader/captured_events.h"

#include <algorithm>

namespace peer_observer::archive_reader {
namespace {

/// A RST of a host that is not in the connection is mostly far away. (The kernel ignores it, and the capture has it.)
constexpr std::uint32_t kResetWindow = std::uint32_t{1} << 20U;
constexpr auto kInbound = "inbound"; // ConnectionTypeAsString() in Core's node/connection_types.cpp

bool is_p2p_port(std::uint16_t port)
{
    return std::ranges::find(p2p::kChains, port, &p2p::Chain::port) != p2p::kChains.end();
}

/// As CNetAddr::GetNetClass() in Core's netaddress.cpp. Whether the peer came through Tor is not in a capture.
proto::Network network_of(const base::IpBytes& ip)
{
    if (wire::why_ignored(ip)) return proto::UNROUTABLE;
    return base::linked_ipv4(ip) ? proto::IPV4 : proto::IPV6;
}

} // namespace

Connection::Connection(Capture& capture, const Endpoint& node, const Endpoint& peer, bool node_listens)
    : capture_{capture}, node_{node}, peer_{peer},
      is_p2p_port_{node_listens || is_p2p_port(node.port) || is_p2p_port(peer.port)}
{
    if (node_listens) initiator_ = Side::peer;
}

void Connection::receive(const Segment& segment, std::uint64_t time_ns)
{
    if (is_closed_) return;
    const auto sender = sender_of(segment);
    follow_handshake(segment, sender, time_ns);
    // What it acknowledges came before what it says.
    if (auto& answered = stream_of(other(sender)); answered && segment.acknowledged)
        answered->acknowledge(*segment.acknowledged, time_ns, reports_of(other(sender)));
    const std::uint32_t first = segment.sequence + (segment.syn ? 1 : 0);
    stream_of(sender)->receive(first, segment.payload, time_ns, reports_of(sender));
    follow_end(segment, sender, time_ns);
}

void Connection::end(std::uint64_t time_ns)
{
    if (is_closed_) return;
    is_closed_ = true;
    if (inbound_) inbound_->end(time_ns, reports_of(Side::peer));
    if (outbound_) outbound_->end(time_ns, reports_of(Side::node));
    release();
}

bool Connection::is_of_next(const Segment& syn) const
{
    if (is_closed_) return true;
    // Anybody can send a SYN with a peer's address. The node answers to it if the former connection is gone.
    return sender_of(syn) == Side::node && outbound_ &&
           (!outbound_->is_beginning() || outbound_->first_sequence() != syn.sequence + 1);
}

std::size_t Connection::memory() const
{
    return sizeof *this + (inbound_ ? inbound_->memory() : 0) + (outbound_ ? outbound_->memory() : 0);
}

void Connection::follow_handshake(const Segment& segment, Side sender, std::uint64_t time_ns)
{
    auto& own = stream_of(sender);
    if (segment.syn && !own) begin(segment, sender, time_ns);
    if (!own) own.emplace(capture_.magic, segment.sequence, false);
    const bool is_answer = !segment.syn && segment.acknowledged && !segment.rst;
    if (is_answer && initiator_ == sender && own->is_beginning()) establish(time_ns);
}

void Connection::begin(const Segment& syn, Side sender, std::uint64_t time_ns)
{
    auto& answered = stream_of(other(sender));
    if (syn.acknowledged && answered && answered->is_beginning() && answered->first_sequence() != *syn.acknowledged)
        return; // of nobody in the connection
    stream_of(sender).emplace(capture_.magic, syn.sequence + 1, true);
    initiator_ = syn.acknowledged ? other(sender) : sender;
    if (!syn.acknowledged) return;
    if (!answered) answered.emplace(capture_.magic, *syn.acknowledged, true);
    if (sender == Side::peer) establish(time_ns); // for the node, which has its answer; a peer is to get it yet
}

void Connection::establish(std::uint64_t time_ns)
{
    if (established_ns_ != 0) return;
    established_ns_ = time_ns;
    if (is_p2p_port_) add_opened();
}

void Connection::follow_end(const Segment& segment, Side sender, std::uint64_t time_ns)
{
    const auto end = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
    const auto& own = *stream_of(sender);
    if (segment.rst) {
        const bool is_near = is_up_to(own.next_sequence(), segment.sequence + 1) &&
                             segment.sequence - own.next_sequence() + 1 < kResetWindow;
        if (is_near) close(time_ns);
    } else if (segment.fin && sender == Side::node) {
        close(time_ns); // it reads nothing more
    } else if (segment.fin) {
        peer_end_ = end;
    }
    if (peer_end_ && inbound_ && is_up_to(*peer_end_, inbound_->next_sequence())) close(time_ns);
}

Stream::Reports Connection::reports_of(Side sender)
{
    return {.message = [this, sender](const auto& message) { add_message(message, sender); },
            .hole = [this, sender](std::uint64_t time_ns) { add_hole(sender, time_ns); }};
}

void Connection::add_message(const MessageFinder::Message& found, Side sender)
{
    add_opened();
    give_number();
    auto& event = capture_.events.emplace_back();
    event.set_timestamp_ns(found.time_ns);
    auto& message = sender == Side::peer ? *event.mutable_message()->mutable_inbound()
                                         : *event.mutable_message()->mutable_outbound();
    message.set_peer_id(peer_id_);
    message.set_address(to_string(peer_));
    if (initiator_ == Side::peer) message.set_connection_type(kInbound);
    message.set_message_type(found.type.data(), found.type.size());
    describe_payload(found.payload, message);
}

void Connection::add_hole(Side sender, std::uint64_t time_ns)
{
    if (peer_id_ == 0 && !is_p2p_port_) return; // whatever this is
    ++holes_;
    auto& event = capture_.events.emplace_back();
    event.set_timestamp_ns(time_ns);
    event.mutable_events_lost()->set_tracepoint(sender == Side::peer ? "net:inbound_message" : "net:outbound_message");
    event.mutable_events_lost()->set_count(1); // at least; nobody knows how many
}

void Connection::add_opened()
{
    if (is_opened_ || established_ns_ == 0) return;
    is_opened_ = true;
    give_number();
    auto& event = capture_.events.emplace_back();
    event.set_timestamp_ns(established_ns_);
    const bool is_inbound = initiator_ == Side::peer;
    auto& opened =
        is_inbound ? *event.mutable_connection()->mutable_inbound() : *event.mutable_connection()->mutable_outbound();
    opened.set_peer_id(peer_id_);
    opened.set_address(to_string(peer_));
    if (is_inbound) opened.set_connection_type(kInbound);
    opened.set_network(network_of(peer_.ip));
}

void Connection::close(std::uint64_t time_ns)
{
    if (is_closed_) return;
    if (outbound_) outbound_->end(time_ns, reports_of(Side::node)); // what the node sent, whether or not it arrived
    is_closed_ = true;
    release();
    if (peer_id_ == 0) return;
    auto& event = capture_.events.emplace_back();
    event.set_timestamp_ns(time_ns);
    auto& closed = *event.mutable_connection()->mutable_closed();
    closed.set_peer_id(peer_id_);
    closed.set_address(to_string(peer_));
    if (initiator_ == Side::peer) closed.set_connection_type(kInbound);
    closed.set_network(network_of(peer_.ip));
    closed.set_established_s(static_cast<std::int64_t>(established_ns_ / kNanosecondsPerSecond));
}

/// What is known of the streams stays.
void Connection::release()
{
    const auto any = [this](auto is) {
        return (inbound_ && (inbound_->finder().*is)()) || (outbound_ && (outbound_->finder().*is)());
    };
    if (any(&MessageFinder::has_found)) {
        content_ = Content::messages;
    } else if (any(&MessageFinder::is_of_other_chain)) {
        content_ = Content::other_chain;
    } else if (is_p2p_port_ && any(&MessageFinder::is_other)) {
        content_ = Content::unreadable;
    }
    for (auto* stream : {&inbound_, &outbound_}) {
        if (!*stream) continue;
        rejected_ += (*stream)->finder().rejected();
        out_of_sync_ += (*stream)->finder().out_of_sync();
        stream->reset();
    }
}

/// No node numbers a peer so, and what its node did is not in a capture.
void Connection::give_number()
{
    if (peer_id_ == 0) peer_id_ = -++capture_.peers;
}

} // namespace peer_observer::archive_reader
