// Input: one byte that picks the message type by its field in MessagePayload, one byte that picks the detail of
// transactions, and the payload.
#include "libs/wire/message_table.h"
#include "proto/p2p.pb.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace peer_observer;

void require(bool condition)
{
    if (!condition) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    const auto* type =
        std::ranges::find(wire::kMessageTypes, 1 + data[0] % wire::kMessageTypes.size(), &wire::MessageType::field);
    if (type == wire::kMessageTypes.end()) return 0;
    const wire::DecodeOptions options{.tx_detail = static_cast<wire::TxDetail>(data[1] % 4)};
    const std::span payload{data + 2, size - 2};

    std::string out = "before";
    const auto trailing = wire::decode(type->name, payload, options, out);
    if (!trailing) {
        require(out == "before");
        require(!trailing.error().reason.empty());
        require(trailing.error().offset <= payload.size());
        return 0;
    }
    require(trailing->trailing_bytes <= payload.size());
    require(out.starts_with("before"));
    require(out.size() <= 5 * payload.size() + (16 << 10)); // see largest_event_test.cpp
    proto::MessagePayload message;
    require(message.ParseFromString(out.substr(6)));
    require(static_cast<std::uint32_t>(message.payload_case()) == type->field);
    require(message.GetReflection()->GetUnknownFields(message).empty());

    // What followed the payload had no part in it.
    std::string again;
    const auto exact =
        wire::decode(type->name, payload.first(payload.size() - trailing->trailing_bytes), options, again);
    require(exact && exact->trailing_bytes == 0 && out.substr(6) == again);

    // A budget that is too small costs detail, and one field at most goes beyond it.
    std::string cut;
    const wire::DecodeOptions tight{.tx_detail = options.tx_detail, .max_bytes = (out.size() - 6) / 2};
    const auto less = wire::decode(type->name, payload, tight, cut);
    require(less && cut.size() <= tight.max_bytes && (less->truncated || tight.max_bytes >= out.size() - 6));
    require(cut.capacity() <= tight.max_bytes + 2 * (payload.size() + 64 * 1024));
    return 0;
}
