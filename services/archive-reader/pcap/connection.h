// A TCP connection of the node in a capture: its segments become events.
#pragma once

#include "proto/event.pb.h"
#include "services/archive-reader/pcap/segment.h"
#include "services/archive-reader/pcap/stream.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace peer_observer::archive_reader {

/// What all connections of a capture share.
struct Capture {
    p2p::Magic magic{};
    std::deque<proto::Event> events; ///< that are ready
    std::int64_t peers = 0;          ///< which have an event
};

class Connection {
public:
    enum class Content : std::uint8_t {
        unknown,
        messages,
        other_chain,
        unreadable, ///< on a port of the P2P protocol, and not the v1 transport
    };

    /// `node_listens`: the node's end is one to which peers connect.
    Connection(Capture& capture, const Endpoint& node, const Endpoint& peer, bool node_listens);

    void receive(const Segment& segment, std::uint64_t time_ns);
    /// The capture ends, or the connection is forgotten.
    void end(std::uint64_t time_ns);

    /// Whether this SYN begins another connection with the same addresses and ports.
    bool is_of_next(const Segment& syn) const;

    const Endpoint& peer() const { return peer_; }
    // Known when it has ended.
    Content content() const { return content_; }
    std::uint64_t rejected() const { return rejected_; }
    std::uint64_t out_of_sync() const { return out_of_sync_; }

    std::uint64_t holes() const { return holes_; }
    std::size_t memory() const;

private:
    enum class Side : std::uint8_t { node, peer };

    Side sender_of(const Segment& segment) const { return segment.source == node_ ? Side::node : Side::peer; }
    static Side other(Side side) { return side == Side::node ? Side::peer : Side::node; }
    void follow_handshake(const Segment& segment, Side sender, std::uint64_t time_ns);
    void begin(const Segment& syn, Side sender, std::uint64_t time_ns);
    void establish(std::uint64_t time_ns);
    void follow_end(const Segment& segment, Side sender, std::uint64_t time_ns);
    std::optional<Stream>& stream_of(Side sender) { return sender == Side::node ? outbound_ : inbound_; }
    Stream::Reports reports_of(Side sender);
    void add_message(const MessageFinder::Message& message, Side sender);
    void add_hole(Side sender, std::uint64_t time_ns);
    void add_opened();
    void close(std::uint64_t time_ns);
    void release();
    void give_number();

    Capture& capture_;
    Endpoint node_;
    Endpoint peer_;
    bool is_p2p_port_;
    std::int64_t peer_id_ = 0;         ///< 0 = has no event yet
    std::optional<Side> initiator_;    ///< as its SYN, or the port on which the node listens, says
    std::uint64_t established_ns_ = 0; ///< 0 = was not seen
    bool is_opened_ = false;           ///< has its event
    bool is_closed_ = false;
    std::optional<std::uint32_t> peer_end_; ///< number of the FIN of the peer
    std::optional<Stream> inbound_;
    std::optional<Stream> outbound_;
    std::uint64_t holes_ = 0;
    std::uint64_t rejected_ = 0;
    std::uint64_t out_of_sync_ = 0;
    Content content_ = Content::unknown;
};

} // namespace peer_observer::archive_reader
