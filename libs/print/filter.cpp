#include "libs/print/filter.h"

#include "libs/base/host_port.h"
#include "libs/events/kind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace peer_observer::print {
namespace {

using google::protobuf::FieldDescriptor;

// What fields are called in proto/.
constexpr auto kMessageType = "message_type";
constexpr auto kPeer = "peer_id";
constexpr auto kAddress = "address";

/// Whether `prefix` is `kind`, or its part before the dot.
bool is_kind_prefix(std::string_view prefix, std::string_view kind)
{
    return kind.starts_with(prefix) && (kind.size() == prefix.size() || kind[prefix.size()] == '.');
}

void check_kinds(const std::vector<std::string>& wanted)
{
    std::vector<std::string> known;
    for (const auto& kind : events::known_kinds())
        known.push_back(kind.full_name);
    for (const auto& kind : wanted)
        if (kind.empty() || std::ranges::none_of(known, [&](const auto& k) { return is_kind_prefix(kind, k); }))
            throw std::invalid_argument{
                fmt::format("no kind of event is named '{}'; there are {}, and their parts before the dot", kind,
                            fmt::join(known, ", "))};
}

bool fits_kind(const std::vector<std::string>& wanted, const std::string& kind)
{
    return wanted.empty() ||
           std::ranges::any_of(wanted, [&](const auto& prefix) { return is_kind_prefix(prefix, kind); });
}

/// The field of that name and type, if such events have one.
const FieldDescriptor* find_field(const google::protobuf::Descriptor& type, const char* name,
                                  FieldDescriptor::CppType cpp_type)
{
    const FieldDescriptor* field = type.FindFieldByName(name);
    return field == nullptr || field->is_repeated() || field->cpp_type() != cpp_type ? nullptr : field;
}

/// The same, if it is set.
const FieldDescriptor* find_field(const events::Kind& kind, const char* name, FieldDescriptor::CppType cpp_type)
{
    if (kind.content == nullptr) return nullptr;
    const FieldDescriptor* field = find_field(*kind.content->GetDescriptor(), name, cpp_type);
    const bool is_absent =
        field != nullptr && field->has_presence() && !kind.content->GetReflection()->HasField(*kind.content, field);
    return is_absent ? nullptr : field;
}

/// Whether the text of the field is one that `fits`.
template <typename Fits>
bool fits_text(const events::Kind& kind, const char* name, const Fits& fits)
{
    const auto* field = find_field(kind, name, FieldDescriptor::CPPTYPE_STRING);
    std::string scratch;
    return field != nullptr && fits(kind.content->GetReflection()->GetStringReference(*kind.content, field, &scratch));
}

bool fits_message_type(const std::vector<std::string>& wanted, const events::Kind& kind)
{
    return wanted.empty() || fits_text(kind, kMessageType, [&](const std::string& type) {
               return std::ranges::find(wanted, type) != wanted.end();
           });
}

/// `address` is as Core prints it: `192.0.2.1:8333`, `[2001:db8::1]:8333`.
bool is_at(std::string_view address, const std::string& wanted)
{
    return address == wanted || address.starts_with(wanted + ":") || address.starts_with("[" + wanted + "]:");
}

bool fits_address(const std::vector<std::string>& wanted, const events::Kind& kind)
{
    return wanted.empty() || fits_text(kind, kAddress, [&](const std::string& address) {
               return std::ranges::any_of(wanted, [&](const auto& host) { return is_at(address, host); });
           });
}

bool fits_as(const FilterOptions& options, const events::Kind& kind)
{
    return options.ases.empty() || fits_text(kind, kAddress, [&](const std::string& address) {
               const auto asn = options.systems->find(base::host_of(address));
               return std::ranges::find(options.ases, asn) != options.ases.end();
           });
}

bool fits_peer(const std::vector<std::int64_t>& wanted, const events::Kind& kind)
{
    if (wanted.empty()) return true;
    const auto* field = find_field(kind, kPeer, FieldDescriptor::CPPTYPE_INT64);
    return field != nullptr &&
           std::ranges::find(wanted, kind.content->GetReflection()->GetInt64(*kind.content, field)) != wanted.end();
}

bool fits_direction(const std::optional<std::string>& wanted, std::string_view kind_name)
{
    return !wanted || kind_name == *wanted;
}

/// What the options ask for and events of this kind never have; empty = nothing.
std::string lacks(const FilterOptions& options, const events::KnownKind& kind)
{
    const auto has = [&](const char* name, FieldDescriptor::CppType type) {
        return find_field(*kind.content, name, type) != nullptr;
    };
    if (!options.message_types.empty() && !has(kMessageType, FieldDescriptor::CPPTYPE_STRING)) return "a message type";
    if ((!options.addresses.empty() || !options.ases.empty()) && !has(kAddress, FieldDescriptor::CPPTYPE_STRING))
        return "an address";
    if (!options.peers.empty() && !has(kPeer, FieldDescriptor::CPPTYPE_INT64)) return "a peer";
    if (!fits_direction(options.direction, kind.name)) return "the direction " + *options.direction;
    return {};
}

/// Of each kind that is asked for, some event must be able to match: a tool would otherwise wait indefinitely.
void check_that_each_kind_can_match(const FilterOptions& options)
{
    for (const auto& wanted : options.kinds) {
        std::string lacking;
        for (const auto& kind : events::known_kinds()) {
            if (!is_kind_prefix(wanted, kind.full_name)) continue;
            lacking = lacks(options, kind);
            if (lacking.empty()) break;
        }
        if (!lacking.empty())
            throw std::invalid_argument{
                fmt::format("no event of the kind {} has {}: this can select nothing; leave out one or the other",
                            wanted, lacking)};
    }
}

} // namespace

Filter::Filter(FilterOptions options)
    : options_{std::move(options)},
      selects_all_{options_.kinds.empty() && options_.message_types.empty() && options_.peers.empty() &&
                   options_.addresses.empty() && options_.pids.empty() && options_.ases.empty() && !options_.direction}
{
    if (!options_.ases.empty() && !options_.systems)
        throw std::invalid_argument{"--as needs --asmap: nothing else tells the autonomous system of an address"};
    check_kinds(options_.kinds);
    if (options_.direction && *options_.direction != "inbound" && *options_.direction != "outbound")
        throw std::invalid_argument{"a direction is inbound or outbound, not '" + *options_.direction + "'"};
    check_that_each_kind_can_match(options_);
}

bool Filter::selects(const proto::Event& event) const
{
    if (selects_all_ || event.has_events_lost()) return true;
    if (!options_.pids.empty() && std::ranges::find(options_.pids, event.pid()) == options_.pids.end()) return false;
    const events::Kind kind = events::kind_of(event);
    return fits_kind(options_.kinds, events::to_string(kind)) && fits_direction(options_.direction, kind.name) &&
           fits_message_type(options_.message_types, kind) && fits_peer(options_.peers, kind) &&
           fits_address(options_.addresses, kind) && fits_as(options_, kind);
}

} // namespace peer_observer::print
