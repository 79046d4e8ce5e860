#include "libs/p2p/frame_reader.h"

#include "libs/base/limits.h"

#include <algorithm>
#include <cstring>

namespace peer_observer::p2p {
namespace {

/// What a connection keeps of its buffer after a large message.
constexpr std::size_t kKeptBytes = std::size_t{64} << 10U;

} // namespace

FrameReader::State FrameReader::read(std::string_view bytes, const Received& received)
{
    while (state_ == State::reading && !bytes.empty()) {
        if (header_size_ < kHeaderBytes) state_ = take_header(bytes);
        if (state_ == State::reading && header_size_ == kHeaderBytes) state_ = take_payload(bytes, received);
    }
    return state_;
}

FrameReader::State FrameReader::take_header(std::string_view& bytes)
{
    const auto taken = std::min(kHeaderBytes - header_size_, bytes.size());
    bytes.copy(header_.data() + header_size_, taken);
    bytes.remove_prefix(taken);
    header_size_ += taken;
    if (!std::equal(magic_.begin(), magic_.begin() + std::min(header_size_, magic_.size()), header_.begin()))
        return State::wrong_magic;
    if (header_size_ < kHeaderBytes) return State::reading;

    if (!is_message_type({header_.data() + kTypeOffset, kTypeBytes})) return State::bad_type;
    has_read_a_header_ = true;
    std::uint32_t size = 0;
    std::memcpy(&size, header_.data() + kSizeOffset, sizeof size);
    if (size > base::kMaxPayloadBytes) return State::too_large;
    payload_size_ = size;
    return State::reading;
}

FrameReader::State FrameReader::take_payload(std::string_view& bytes, const Received& received)
{
    const auto taken = std::min(payload_size_ - payload_.size(), bytes.size());
    auto payload = bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (taken < payload_size_) {
        payload_ += payload;
        if (payload_.size() < payload_size_) return State::reading;
        payload = payload_;
    }
    header_size_ = 0;
    if (checksum(payload) != std::string_view{header_.data() + kChecksumOffset, kHeaderBytes - kChecksumOffset})
        return State::bad_checksum;
    std::string_view type{header_.data() + kTypeOffset, kTypeBytes};
    type = type.substr(0, type.find('\0'));
    const bool goes_on = received(type, payload);
    payload_.clear();
    if (payload_.capacity() > kKeptBytes) payload_.shrink_to_fit();
    return goes_on ? State::reading : State::stopped;
}

std::string_view describe(FrameReader::State state)
{
    switch (state) {
    case FrameReader::State::wrong_magic:
        return "the bytes are not the beginning of a message of this network";
    case FrameReader::State::bad_type:
        return "a message type that is not printable text padded with NULs";
    case FrameReader::State::too_large:
        return "a payload of more than 4,000,000 bytes is announced";
    case FrameReader::State::bad_checksum:
        return "the checksum is wrong";
    case FrameReader::State::no_terminator:
        return "no garbage terminator has come: another network, or not the v2 transport";
    case FrameReader::State::not_authentic:
        return "a packet is not authentic";
    case FrameReader::State::reading:
    case FrameReader::State::stopped:
        break;
    }
    return "no error";
}

} // namespace peer_observer::p2p
