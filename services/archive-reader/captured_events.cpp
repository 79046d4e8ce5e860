#include "services/archive-reader/captured_events.h"

#include "libs/wire/decode.h"

#include <span>
#include <string_view>

namespace peer_observer::archive_reader {

void describe_payload(std::string_view payload, proto::PeerMessage& message)
{
    message.set_size(payload.size());
    std::string bytes;
    const std::span view{reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()};
    const auto decoded = wire::decode(message.message_type(), view, {}, bytes);
    if (!decoded) {
        message.set_decode_error(std::string{decoded.error().reason});
        message.set_decode_error_offset(decoded.error().offset);
        message.set_raw(payload.data(), payload.size());
        return;
    }
    if (!bytes.empty()) message.mutable_payload()->ParseFromString(bytes);
    if (decoded->trailing_bytes > 0) message.set_trailing_bytes(decoded->trailing_bytes);
    if (decoded->truncated) {
        message.mutable_truncated()->set_reason(decoded->truncated->reason);
        message.mutable_truncated()->set_kept(decoded->truncated->kept);
    }
    if (decoded->trailing_bytes > 0 || decoded->truncated) message.set_raw(payload.data(), payload.size());
}

} // namespace peer_observer::archive_reader
