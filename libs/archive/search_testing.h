// Events for the tests of searches.
#pragma once

#include "libs/base/hex.h"
#include "libs/events/hash_fields.h"
#include "libs/events/testing/every_kind.h"
#include "proto/event.pb.h"
#include "proto/options.pb.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::archive::testing {

inline constexpr std::array kHosts = {"192.0.2.1",   "8.8.8.8",      "2600::1",     "fc00::1", "abcdef.onion",
                                      "xyz.b32.i2p", "198.51.100.7", "2001:db8::1", "1.1.1.1", "9.9.9.9"};
inline constexpr std::array kTypes = {"inv", "tx", "version", "addrv2", "nobodyknows"};
inline constexpr std::array kNetworkNames = {"ipv4", "ipv6", "onion", "i2p", "cjdns", "unroutable", "internal"};

inline std::uint32_t system_of_host(std::string_view host)
{
    return host.empty() ? 0 : static_cast<std::uint32_t>(host[0]);
}

inline std::string with_port(const std::string& host)
{
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":8333";
}

/// Events whose values differ from frame to frame, so that a search has something to leave out.
class Traffic {
public:
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    auto pick(const auto& list) { return list[below(list.size())]; }

    std::string hash()
    {
        if (!hashes_.empty() && one_in(3)) return pick(hashes_);
        std::string bytes(events::kHashBytes, '\0');
        std::ranges::generate(bytes, [this] { return static_cast<char>(engine_()); });
        return hashes_.emplace_back(bytes);
    }

    /// `frame`: what its events have in common.
    std::string event(std::uint64_t frame)
    {
        static const auto kinds = events::events_of_every_kind({.items = 1});
        auto event = kinds[(frame * 7 + below(6)) % kinds.size()];
        event.set_pid(static_cast<std::uint32_t>(1 + frame % 5));
        change(event, frame);
        auto bytes = event.SerializeAsString();
        if (one_in(500)) bytes += "\xff";          // not valid protobuf
        if (one_in(500)) bytes += "\xFA\x3F\x01x"; // a field of number 1023, of the future
        return bytes;
    }

    const std::vector<std::string>& hashes() const { return hashes_; }

private:
    void change(google::protobuf::Message& message, std::uint64_t frame)
    {
        using google::protobuf::FieldDescriptor;
        const auto& reflection = *message.GetReflection();
        std::vector<const FieldDescriptor*> fields;
        reflection.ListFields(message, &fields);
        for (const auto* field : fields) {
            const std::string_view name{field->name()};
            if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
                if (!field->is_repeated())
                    change(*reflection.MutableMessage(&message, field), frame);
                else
                    for (int i = 0; i < reflection.FieldSize(message, field); ++i)
                        change(*reflection.MutableRepeatedMessage(&message, field, i), frame);
            } else if (field->is_repeated()) {
                if (field->options().GetExtension(proto::display) == proto::HASH)
                    reflection.SetRepeatedString(&message, field, 0, hash());
            } else if (field->options().GetExtension(proto::display) == proto::HASH) {
                reflection.SetString(&message, field, hash());
            } else if (field->type() == FieldDescriptor::TYPE_STRING && name.ends_with("hash")) {
                reflection.SetString(&message, field, base::to_reversed_hex(hash()));
            } else if (name == "peer_id" && field->type() == FieldDescriptor::TYPE_INT64) {
                // Of some frames many, which are in the filter instead of a set.
                reflection.SetInt64(&message, field,
                                    static_cast<std::int64_t>(frame % 8 * 10'000 + below(frame % 3 == 0 ? 5000 : 3)));
            } else if (name == "address" && field->type() == FieldDescriptor::TYPE_STRING) {
                const auto host = frame % 4 == 1
                                      ? "10.0." + std::to_string(below(250)) + "." + std::to_string(below(250))
                                      : std::string{kHosts[(frame + below(2)) % kHosts.size()]};
                reflection.SetString(&message, field, one_in(20) ? host : with_port(host));
            } else if (name == "message_type" && field->type() == FieldDescriptor::TYPE_STRING) {
                reflection.SetString(&message, field, kTypes[(frame / 2 + below(2)) % kTypes.size()]);
            } else if (name == "network" && field->type() == FieldDescriptor::TYPE_ENUM) {
                reflection.SetEnumValue(&message, field, static_cast<int>((frame + below(2)) % 7));
            }
        }
    }

    std::mt19937_64 engine_{20261129};
    std::vector<std::string> hashes_;
};

} // namespace peer_observer::archive::testing
