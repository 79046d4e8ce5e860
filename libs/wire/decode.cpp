#include "libs/wire/decode.h"

#include <algorithm>

#include "libs/wire/message_table.h"

namespace peer_observer::wire {
namespace {

constexpr bool sorted_and_unique(auto table, auto key)
{
    std::ranges::sort(table, {}, key);
    return std::ranges::adjacent_find(table, {}, key) == table.end();
}

static_assert(std::ranges::is_sorted(kMessageTypes, {}, &MessageType::name));
static_assert(sorted_and_unique(kMessageTypes, &MessageType::name));
static_assert(sorted_and_unique(kMessageTypes, &MessageType::field));

const MessageType* find_message_type(std::string_view name)
{
    const auto* found = std::ranges::lower_bound(kMessageTypes, name, {}, &MessageType::name);
    return found != kMessageTypes.end() && found->name == name ? found : nullptr;
}

} // namespace

std::expected<std::size_t, DecodeError> decode(std::string_view message_type, std::span<const std::uint8_t> payload,
                                               const DecodeOptions& options, std::string& out)
{
    const auto* type = find_message_type(message_type);
    if (!type) return std::unexpected(DecodeError{"unknown message type"});

    Reader reader{{reinterpret_cast<const char*>(payload.data()), payload.size()}};
    const auto size_before = out.size();
    Writer message_payload{out};
    {
        Writer message{message_payload, type->field};
        type->decode(reader, options, message);
    }
    if (!reader.ok()) {
        out.resize(size_before);
        return std::unexpected(reader.error());
    }
    return reader.remaining();
}

} // namespace peer_observer::wire
