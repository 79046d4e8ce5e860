#include "services/archive-reader/pcap/message_finder.h"

#include "libs/base/limits.h"
#include "libs/p2p/message.h"
#include "libs/wire/decode.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace peer_observer::archive_reader {
namespace {

/// Of a message without a checksum.
constexpr std::size_t kShortHeaderBytes = p2p::kChecksumOffset;
/// While searching, a magic may be followed by any size, and all of that is to be hashed. No more than this and four
/// times what arrives is.
constexpr std::uint64_t kHashedInAdvance = std::uint64_t{2} * base::kMaxPayloadBytes;
constexpr std::uint64_t kHashedPerByte = 4;
constexpr std::size_t kKeptBytes = std::size_t{64} << 10U;

std::string_view type_of(std::string_view bytes)
{
    const auto type = bytes.substr(p2p::kTypeOffset, p2p::kTypeBytes);
    return type.substr(0, type.find('\0'));
}

std::size_t payload_size_of(std::string_view bytes)
{
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data() + p2p::kSizeOffset, sizeof size);
    return size;
}

bool is_version(std::string_view payload)
{
    std::string ignored;
    const std::span bytes{reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()};
    const auto decoded = wire::decode("version", bytes, {}, ignored);
    return decoded && decoded->trailing_bytes == 0;
}

} // namespace

MessageFinder::MessageFinder(const p2p::Magic& magic, bool is_beginning)
    : magic_{magic}, is_synced_{is_beginning}, may_be_hashed_{kHashedInAdvance}
{}

void MessageFinder::add(std::string_view bytes, std::uint64_t time_ns)
{
    if (is_other_) return;
    if (position_ > 0 && (position_ == buffer_.size() || position_ >= kKeptBytes)) {
        buffer_.erase(0, position_);
        buffer_offset_ += position_;
        position_ = 0;
        if (buffer_.capacity() > 2 * (buffer_.size() + kKeptBytes)) buffer_.shrink_to_fit();
    }
    may_be_hashed_ += kHashedPerByte * bytes.size();
    const auto skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
    to_skip_ -= skipped;
    bytes.remove_prefix(skipped);
    if (buffer_.empty()) buffer_offset_ += skipped;
    if (bytes.empty()) return;
    buffer_ += bytes;
    const auto end = buffer_offset_ + buffer_.size();
    if (!times_.empty() && times_.back().second == time_ns) {
        times_.back().first = end;
    } else {
        times_.emplace_back(end, time_ns);
    }
}

void MessageFinder::lose(std::uint64_t count)
{
    if (is_other_) return;
    const auto bytes = rest();
    bool goes_on = to_skip_ >= count && to_skip_ > 0;
    if (goes_on) {
        to_skip_ -= count;
    } else if (is_synced_ && has_checksums_ && to_skip_ == 0 && bytes.size() >= p2p::kHeaderBytes) {
        // The rest of this message is not searched: a peer can put what looks like a message into it.
        const auto message = p2p::kHeaderBytes + payload_size_of(bytes);
        goes_on = bytes.size() + count <= message;
        if (goes_on) to_skip_ = message - bytes.size() - count;
    }
    buffer_offset_ += buffer_.size() + count;
    buffer_.clear();
    position_ = 0;
    times_.clear();
    if (goes_on) return;
    is_synced_ = false;
    to_skip_ = 0;
}

std::optional<MessageFinder::Message> MessageFinder::next()
{
    if (recognise_other()) return std::nullopt;
    for (;;) {
        if (!is_synced_) {
            const auto found = rest().find(magic());
            consume(found == std::string_view::npos ? rest().size() - std::min(rest().size(), magic_.size() - 1)
                                                    : found);
        }
        const auto bytes = rest();
        const auto verdict = examine(bytes);
        if (verdict == Verdict::wait) return std::nullopt;
        if (verdict == Verdict::nothing) {
            if (is_synced_) ++out_of_sync_;
            is_synced_ = false;
            consume(1);
            continue;
        }
        is_synced_ = true;
        const auto header_bytes = verdict == Verdict::without_checksum ? kShortHeaderBytes : p2p::kHeaderBytes;
        const auto size = header_bytes + payload_size_of(bytes);
        const auto end = buffer_offset_ + position_ + size;
        const auto time = std::ranges::find_if(times_, [&](const auto& entry) { return entry.first >= end; });
        const Message message{type_of(bytes), bytes.substr(header_bytes, size - header_bytes), time->second};
        consume(size);
        if (verdict == Verdict::rejected) {
            ++rejected_;
            continue;
        }
        if (verdict == Verdict::without_checksum) is_old_ = true;
        if (verdict == Verdict::message && !is_old_) has_checksums_ = true;
        has_found_ = true;
        return message;
    }
}

bool MessageFinder::begins_like_message(std::string_view bytes) const
{
    return magic().starts_with(bytes.substr(0, magic_.size()));
}

/// Of the first bytes of a connection.
bool MessageFinder::recognise_other()
{
    if (is_other_ || has_found_ || !is_synced_ || rejected_ > 0 || begins_like_message(rest())) return is_other_;
    const auto is_like = [bytes = rest()](const p2p::Chain& chain) {
        return std::string_view{chain.magic.data(), chain.magic.size()}.starts_with(
            bytes.substr(0, chain.magic.size()));
    };
    const auto* const chain = std::ranges::find_if(p2p::kChains, is_like);
    is_of_other_chain_ = chain != p2p::kChains.end() && rest().size() >= chain->magic.size();
    if (chain != p2p::kChains.end() && !is_of_other_chain_) return true; // not all of the magic is there
    stop();
    return true;
}

MessageFinder::Verdict MessageFinder::examine(std::string_view bytes)
{
    if (!begins_like_message(bytes)) return Verdict::nothing;
    if (bytes.size() < kShortHeaderBytes) return Verdict::wait;
    const auto size = payload_size_of(bytes);
    if (size > base::kMaxPayloadBytes) return Verdict::nothing;
    const auto type = type_of(bytes);
    const bool is_type = p2p::is_padded(bytes.substr(p2p::kTypeOffset, p2p::kTypeBytes)) &&
                         std::ranges::all_of(type, [](char letter) { return letter >= ' ' && letter <= '~'; });
    if (!is_type && !is_synced_) return Verdict::nothing;
    if (bytes.size() >= p2p::kHeaderBytes + size && has_right_checksum(bytes, size))
        return is_type ? Verdict::message : Verdict::rejected;
    if (is_type && is_without_checksum(bytes, size)) return Verdict::without_checksum;
    if (bytes.size() < p2p::kHeaderBytes + size) return Verdict::wait;
    const bool is_followed = begins_like_message(bytes.substr(p2p::kHeaderBytes + size));
    return is_synced_ && is_followed ? Verdict::rejected : Verdict::nothing;
}

bool MessageFinder::has_right_checksum(std::string_view bytes, std::size_t payload_bytes)
{
    if (!is_synced_) {
        if (may_be_hashed_ < payload_bytes) return false;
        may_be_hashed_ -= payload_bytes;
    }
    return p2p::checksum(bytes.substr(p2p::kHeaderBytes, payload_bytes)) ==
           bytes.substr(p2p::kChecksumOffset, p2p::kHeaderBytes - p2p::kChecksumOffset);
}

bool MessageFinder::is_without_checksum(std::string_view bytes, std::size_t payload_bytes) const
{
    if (has_checksums_ || !is_synced_) return false;
    const auto end = kShortHeaderBytes + payload_bytes;
    if (bytes.size() < end) return false;
    const auto type = type_of(bytes);
    const auto behind = bytes.substr(end);
    if (!is_old_ && (type != "version" || !is_version(bytes.substr(kShortHeaderBytes, payload_bytes)))) return false;
    if (behind.size() >= magic_.size()) return behind.starts_with(magic());
    // The other side answers to these before more comes. Of other messages the checksum may not have come yet.
    return behind.empty() && (type == "version" || type == "verack");
}

void MessageFinder::consume(std::size_t count)
{
    position_ += count;
    while (!times_.empty() && times_.front().first <= buffer_offset_ + position_)
        times_.pop_front();
}

void MessageFinder::stop()
{
    is_other_ = true;
    buffer_ = {};
    position_ = 0;
    times_.clear();
}

} // namespace peer_observer::archive_reader
