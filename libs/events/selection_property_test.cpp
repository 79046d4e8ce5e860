// The events that are selected are the union of those that each alternative describes, by a second evaluation that
// knows parsed events only.
#include "libs/events/kind.h"
#include "libs/events/selection.h"
#include "libs/events/testing/every_kind.h"
#include "proto/options.pb.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>

namespace peer_observer::events {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::array kTypes = {"inv", "version", "addrv2", "x"};
constexpr std::array kAddresses = {"192.0.2.1:8333", "192.0.2.10:8333", "[2001:db8::1]:8333",
                                   "a.onion:8333",   "8.8.8.8:1",       ""};
constexpr std::array kNetworks = {"onion", "ipv4", "unroutable", "ipv6"};
constexpr std::array kHosts = {"192.0.2.1", "2001:db8::1", "a.onion:8333", "192.0.2.10:8333"};

std::uint32_t system_of(std::string_view host) { return host == "192.0.2.1" ? 1 : host == "2001:db8::1" ? 2 : 0; }

std::string network_name(const std::string& address)
{
    return address == "a.onion:8333" ? "onion" : address == "8.8.8.8:1" ? "ipv4" : "unroutable";
}

/// Whether a field of it, or of what it holds, is that hash.
bool has_hash(const google::protobuf::Message& message, const std::string& hash)
{
    const auto text = message.SerializeAsString();
    if (text.find(hash) == std::string::npos) return false;
    std::vector<const FieldDescriptor*> fields;
    const auto& reflection = *message.GetReflection();
    reflection.ListFields(message, &fields);
    return std::ranges::any_of(fields, [&](const auto* field) {
        const bool is_hash = field->options().GetExtension(proto::display) == proto::HASH;
        for (int i = 0; i < (field->is_repeated() ? reflection.FieldSize(message, field) : 1); ++i) {
            if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
                if (has_hash(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                  : reflection.GetMessage(message, field),
                             hash))
                    return true;
            } else if (is_hash && (field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                                        : reflection.GetString(message, field)) == hash) {
                return true;
            }
        }
        return false;
    });
}

class Random {
public:
    bool one_in(unsigned n) { return below(n) == 0; }
    std::size_t below(std::size_t n) { return engine_() % n; }
    auto pick(const auto& list) { return list[below(list.size())]; }

private:
    std::mt19937_64 engine_{20261129};
};

const FieldDescriptor* field_of(const google::protobuf::Message& content, const char* name, FieldDescriptor::Type type)
{
    const auto* field = content.GetDescriptor()->FindFieldByName(name);
    return field != nullptr && !field->is_repeated() && field->type() == type ? field : nullptr;
}

proto::Event change(proto::Event event, Random& random)
{
    event.set_pid(static_cast<std::uint32_t>(random.below(3)));
    const auto kind = kind_of(event);
    if (kind.content == nullptr) return event;
    auto& content = const_cast<google::protobuf::Message&>(*kind.content);
    const auto& reflection = *content.GetReflection();
    if (const auto* field = field_of(content, "peer_id", FieldDescriptor::TYPE_INT64))
        reflection.SetInt64(&content, field, static_cast<std::int64_t>(random.below(4)));
    if (const auto* field = field_of(content, "message_type", FieldDescriptor::TYPE_STRING))
        reflection.SetString(&content, field, random.pick(kTypes));
    if (const auto* field = field_of(content, "address", FieldDescriptor::TYPE_STRING))
        reflection.SetString(&content, field, random.pick(kAddresses));
    for (const auto* name : {"peer_id", "address"})
        if (const auto* field = content.GetDescriptor()->FindFieldByName(name);
            field != nullptr && field->has_presence() && random.one_in(3))
            reflection.ClearField(&content, field);
    return event;
}

Conjunction random_conjunction(Random& random)
{
    Conjunction wanted;
    const auto kinds = known_kinds();
    while (random.one_in(2)) {
        const auto kind = random.pick(kinds).full_name;
        wanted.kinds.push_back(random.one_in(2) ? kind : kind.substr(0, kind.find('.')));
    }
    while (random.one_in(4))
        wanted.message_types.emplace_back(random.pick(kTypes));
    while (random.one_in(6))
        wanted.directions.emplace_back(random.one_in(2) ? "inbound" : "outbound");
    while (random.one_in(5))
        wanted.peers.push_back(static_cast<std::int64_t>(random.below(4)));
    while (random.one_in(5))
        wanted.addresses.emplace_back(random.pick(kHosts));
    while (random.one_in(8))
        wanted.pids.push_back(static_cast<std::uint32_t>(random.below(3) + 1));
    while (random.one_in(10))
        wanted.ases.push_back(static_cast<std::uint32_t>(random.below(3) + 1));
    while (random.one_in(8))
        wanted.networks.emplace_back(random.pick(kNetworks));
    while (random.one_in(6))
        wanted.hashes.push_back(std::string(64, random.one_in(3) ? '2' : '1'));
    return wanted;
}

bool is_any(const auto& list, const auto& fits) { return list.empty() || std::ranges::any_of(list, fits); }

/// By the parsed event.
bool describes(const Conjunction& wanted, const proto::Event& event)
{
    const auto kind = kind_of(event);
    const auto name = to_string(kind);
    std::string type;
    std::string address;
    std::optional<std::int64_t> peer;
    std::optional<std::string> network;
    if (kind.content != nullptr) {
        const auto& reflection = *kind.content->GetReflection();
        if (const auto* field = field_of(*kind.content, "message_type", FieldDescriptor::TYPE_STRING))
            type = reflection.GetString(*kind.content, field);
        if (const auto* field = field_of(*kind.content, "address", FieldDescriptor::TYPE_STRING))
            address = reflection.GetString(*kind.content, field);
        const auto* field = field_of(*kind.content, "peer_id", FieldDescriptor::TYPE_INT64);
        if (field != nullptr && (!field->has_presence() || reflection.HasField(*kind.content, field)))
            peer = reflection.GetInt64(*kind.content, field);
    }
    if (!address.empty()) network = network_name(address);
    if (kind.content != nullptr)
        if (const auto* field = field_of(*kind.content, "network", FieldDescriptor::TYPE_ENUM);
            field != nullptr && field->enum_type() == proto::Network_descriptor())
            network = "ipv4"; // 1, as the events are filled
    const auto port = address.rfind(':');
    auto host = port == address.npos ? address : address.substr(0, port);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return is_any(wanted.kinds, [&](const auto& k) { return name == k || name.starts_with(k + "."); }) &&
           is_any(wanted.message_types, [&](const auto& t) { return t == type; }) &&
           is_any(wanted.directions, [&](const auto& d) { return d == kind.name; }) &&
           is_any(wanted.peers, [&](auto p) { return peer == p; }) &&
           is_any(wanted.addresses, [&](const auto& a) { return a == address || a == host; }) &&
           is_any(wanted.pids, [&](auto p) { return p == event.pid(); }) &&
           is_any(wanted.ases, [&](auto a) { return a == system_of(host); }) &&
           is_any(wanted.networks, [&](const auto& n) { return n == network; }) &&
           is_any(wanted.hashes,
                  [&](const auto& h) { return has_hash(event, std::string(32, h[0] == '1' ? '\x11' : '\x22')); });
}

TEST(Selection, IsTheUnionOfItsAlternatives)
{
    Random random;
    const auto every_kind = events_of_every_kind({.items = 1, .bytes = std::string(32, '\x11')});
    int selections = 0;
    int selected = 0;
    int left_out = 0;
    while (selections < 300) {
        std::vector<Conjunction> alternatives;
        std::optional<Selection> selection;
        do
            alternatives.push_back(random_conjunction(random));
        while (random.one_in(2));
        try {
            selection.emplace(alternatives, system_of);
        } catch (const std::invalid_argument&) {
            continue; // others test that
        }
        ++selections;
        for (const auto& alternative : alternatives) {
            if (alternative.is_empty()) continue;
            ASSERT_EQ(parse_conjunction(to_string(alternative)), alternative);
        }
        for (const auto& one : every_kind) {
            const auto event = change(one, random);
            const auto bytes = event.SerializeAsString();
            const bool expected = event.has_events_lost() || std::ranges::any_of(alternatives, [&](const auto& wanted) {
                                      return describes(wanted, event);
                                  });
            ASSERT_EQ(selection->selects(view_event(bytes)), expected) << to_string(alternatives.front()) << "\n"
                                                                       << event.ShortDebugString();
            ++(expected ? selected : left_out);
        }
    }
    EXPECT_GT(selected, 1000);
    EXPECT_GT(left_out, 1000);
}

} // namespace
} // namespace peer_observer::events
