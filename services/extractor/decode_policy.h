// Which messages are not decoded in full, by what their peers have done: one peer must not cost other peers' events.
#pragma once

#include "bpf/events.h"
#include "proto/message.pb.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

namespace peer_observer::extractor {

/// Two rules. What a peer sends before the handshake is complete, the node does not decode either. And while records
/// pile up in the ring buffer, the peers whose payloads were most have theirs left out. It counts bytes and reads no
/// clock: the same records always get the same answers. Messages of less than 4 KiB are always decoded: they cost about
/// as much as the event that they are.
class DecodePolicy {
public:
    /// Whether the reader falls behind: what waits in the ring besides the message that is being read.
    using FallsBehind = std::function<bool(std::size_t payload_bytes)>;

    void on_falls_behind(FallsBehind falls_behind) { falls_behind_ = std::move(falls_behind); }

    void opened(const record_header& record, std::int64_t peer_id);
    void closed(const record_header& record, std::int64_t peer_id);

    /// Why the message is not to be decoded. Call it once for each, in their order.
    std::optional<proto::Truncated::Reason> refusal(const message_record& record, std::string_view message_type);

    /// The node has received a message that can be decoded.
    void decoded(const message_record& record, std::string_view message_type);

private:
    struct Peer {
        bool opened = false; ///< its connection was seen to open; the handshake of others counts as complete
        bool version = false;
        bool verack = false; ///< after version: the handshake is complete
        std::uint64_t bytes = 0;
    };
    using Key = std::tuple<std::uint32_t, std::uint64_t, std::int64_t>; ///< process, its start, peer

    static Key key(const record_header& record, std::int64_t peer_id)
    {
        return {record.pid, record.process_start_ns, peer_id};
    }
    Peer& peer(const Key& key);
    void count(Peer& peer, std::uint64_t bytes);
    void halve();

    FallsBehind falls_behind_;
    std::map<Key, Peer> peers_;
    std::uint64_t bytes_ = 0;   ///< of all peers
    std::uint64_t senders_ = 0; ///< peers of which bytes are counted
};

} // namespace peer_observer::extractor
