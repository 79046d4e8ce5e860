#include "libs/wire/decode.h"

#include "libs/wire/message_table.h"

#include <algorithm>

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

using proto::Truncated;

constexpr Truncated::Kept kept(TxDetail detail)
{
    switch (detail) {
    case TxDetail::counts:
        return Truncated::COUNTS;
    case TxDetail::ids:
        return Truncated::IDS;
    default:
        return Truncated::DECODED;
    }
}

constexpr TxDetail less(TxDetail detail) { return static_cast<TxDetail>(static_cast<std::uint8_t>(detail) - 1); }

} // namespace

std::expected<Decoded, DecodeError> decode(std::string_view message_type, std::span<const std::uint8_t> payload,
                                           const DecodeOptions& options, std::string& out)
{
    const auto* type = find_message_type(message_type);
    if (!type) return std::unexpected(DecodeError{"unknown message type"});

    const auto size_before = out.size();
    for (auto detail = options.tx_detail;; detail = less(detail)) {
        Reader reader{{reinterpret_cast<const char*>(payload.data()), payload.size()}};
        Writer message_payload{out, options.max_bytes};
        {
            Writer message{message_payload, type->field, payload.size()};
            type->decode(reader, detail, message);
        }
        if (!message_payload.full()) {
            if (!reader.ok()) {
                out.resize(size_before);
                return std::unexpected(reader.error());
            }
            Decoded decoded{.trailing_bytes = reader.remaining(), .truncated = {}};
            if (detail != options.tx_detail)
                decoded.truncated = {Truncated::EVENT_TOO_LARGE, kept(detail)};
            else if (reader.left_rest() && detail != TxDetail::counts)
                decoded.truncated = {Truncated::TOO_MANY_TRANSACTIONS, Truncated::COUNTS};
            return decoded;
        }
        out.resize(size_before);
        if (detail <= type->least_detail)
            return Decoded{.truncated = Truncation{Truncated::EVENT_TOO_LARGE, Truncated::NOTHING}};
    }
}

bool has_counts(std::string_view message_type)
{
    const auto* type = find_message_type(message_type);
    return type && type->least_detail == TxDetail::counts;
}

} // namespace peer_observer::wire
