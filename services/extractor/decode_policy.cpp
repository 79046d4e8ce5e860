#include "services/extractor/decode_policy.h"

#include <algorithm>
#include <array>

namespace peer_observer::extractor {
namespace {

using proto::Truncated;

constexpr std::uint64_t kAlwaysDecodedBytes = 4 << 10;
constexpr std::uint64_t kDecodedBeforeHandshakeBytes = 64 << 10;
/// After so many bytes, what peers have sent before counts for half.
constexpr std::uint64_t kWindowBytes = 64 << 20;
/// Far more connections than nodes have. Beyond, all start anew: then their handshakes count as complete.
constexpr std::size_t kMaxPeers = 1 << 14;

/// What Core's ProcessMessage (net_processing.cpp) reads of a peer that has not sent verack.
constexpr std::array<std::string_view, 8> kHandshakeMessages = {
    "version", "verack", "sendheaders", "sendcmpct", "wtxidrelay", "sendaddrv2", "feature", "sendtxrcncl"};

} // namespace

void DecodePolicy::opened(const record_header& record, std::int64_t peer_id)
{
    Peer& known = peer(key(record, peer_id));
    // The node tells of an outbound connection when its peer may have answered already. One that is opened twice is
    // another process's.
    if (known.opened) closed(record, peer_id);
    peer(key(record, peer_id)).opened = true;
}

void DecodePolicy::closed(const record_header& record, std::int64_t peer_id)
{
    const auto found = peers_.find(key(record, peer_id));
    if (found == peers_.end()) return;
    bytes_ -= found->second.bytes;
    if (found->second.bytes > 0) --senders_;
    peers_.erase(found);
}

std::optional<Truncated::Reason> DecodePolicy::refusal(const message_record& record, std::string_view message_type)
{
    if (record.size < kAlwaysDecodedBytes) return std::nullopt;
    Peer& sender = peer(key(record.header, record.peer_id));
    count(sender, record.size);
    if (record.header.tracepoint == NET_INBOUND_MESSAGE && sender.opened && !sender.verack &&
        record.size > kDecodedBeforeHandshakeBytes &&
        std::ranges::find(kHandshakeMessages, message_type) == kHandshakeMessages.end())
        return Truncated::BEFORE_HANDSHAKE;
    // At least one peer has sent as much as they have on average.
    if (falls_behind_ && falls_behind_(record.size) && sender.bytes >= bytes_ / senders_) return Truncated::OVERLOADED;
    return std::nullopt;
}

void DecodePolicy::decoded(const message_record& record, std::string_view message_type)
{
    if (record.header.tracepoint != NET_INBOUND_MESSAGE || !message_type.starts_with("ver")) return;
    Peer& sender = peer(key(record.header, record.peer_id));
    if (message_type == "version") sender.version = true;
    if (message_type == "verack") sender.verack = sender.version;
}

DecodePolicy::Peer& DecodePolicy::peer(const Key& key)
{
    if (peers_.size() >= kMaxPeers) {
        peers_.clear();
        bytes_ = senders_ = 0;
    }
    return peers_[key];
}

void DecodePolicy::count(Peer& peer, std::uint64_t bytes)
{
    if (peer.bytes == 0) ++senders_;
    peer.bytes += bytes;
    bytes_ += bytes;
    if (bytes_ > kWindowBytes) halve();
}

void DecodePolicy::halve()
{
    bytes_ = senders_ = 0;
    for (auto& [key, peer] : peers_) {
        peer.bytes /= 2;
        bytes_ += peer.bytes;
        if (peer.bytes > 0) ++senders_;
    }
}

} // namespace peer_observer::extractor
