#include "libs/print/filter.h"

#include "libs/print/kind.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace peer_observer::print {
namespace {

using google::protobuf::FieldDescriptor;

/// Whether `prefix` is `kind`, or its part before the dot.
bool is_kind_prefix(std::string_view prefix, std::string_view kind)
{
    return kind.starts_with(prefix) && (kind.size() == prefix.size() || kind[prefix.size()] == '.');
}

void check_kinds(const std::vector<std::string>& wanted)
{
    const auto known = known_kinds();
    for (const auto& kind : wanted)
        if (kind.empty() || std::ranges::none_of(known, [&](const auto& k) { return is_kind_prefix(kind, k); }))
            throw std::invalid_argument(
                fmt::format("no kind of event is named '{}'; there are {}, and their parts before the dot", kind,
                            fmt::join(known, ", ")));
}

bool fits_kind(const std::vector<std::string>& wanted, const Kind& kind)
{
    const auto full = to_string(kind);
    return std::ranges::any_of(wanted, [&](const auto& prefix) { return is_kind_prefix(prefix, full); });
}

/// The field of that name and type, if the event has one and it is set.
const FieldDescriptor* find_field(const Kind& kind, const char* name, FieldDescriptor::CppType type)
{
    if (kind.content == nullptr) return nullptr;
    const FieldDescriptor* field = kind.content->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->is_repeated() || field->cpp_type() != type) return nullptr;
    if (field->has_presence() && !kind.content->GetReflection()->HasField(*kind.content, field)) return nullptr;
    return field;
}

bool fits_message_type(const std::vector<std::string>& wanted, const Kind& kind)
{
    const auto* field = find_field(kind, "message_type", FieldDescriptor::CPPTYPE_STRING);
    std::string scratch;
    return field != nullptr && std::ranges::find(wanted, kind.content->GetReflection()->GetStringReference(
                                                             *kind.content, field, &scratch)) != wanted.end();
}

bool fits_peer(const std::vector<std::int64_t>& wanted, const Kind& kind)
{
    const auto* field = find_field(kind, "peer_id", FieldDescriptor::CPPTYPE_INT64);
    return field != nullptr &&
           std::ranges::find(wanted, kind.content->GetReflection()->GetInt64(*kind.content, field)) != wanted.end();
}

} // namespace

Filter::Filter(FilterOptions options)
    : options_{std::move(options)}, selects_all_{options_.kinds.empty() && options_.message_types.empty() &&
                                                 options_.peers.empty() && !options_.direction}
{
    check_kinds(options_.kinds);
    if (options_.direction && *options_.direction != "inbound" && *options_.direction != "outbound")
        throw std::invalid_argument("a direction is inbound or outbound, not '" + *options_.direction + "'");
}

bool Filter::selects(const proto::Event& event) const
{
    if (selects_all_ || event.has_events_lost()) return true;
    const Kind kind = kind_of(event);
    return (options_.kinds.empty() || fits_kind(options_.kinds, kind)) &&
           (!options_.direction || kind.name == *options_.direction) &&
           (options_.message_types.empty() || fits_message_type(options_.message_types, kind)) &&
           (options_.peers.empty() || fits_peer(options_.peers, kind));
}

} // namespace peer_observer::print
