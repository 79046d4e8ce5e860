// The tracepoints of bitcoind: a call of one, and firing it as a USDT probe.
#pragma once

#include "tests/sim_node/writer.h"

#include <array>
#include <bitset>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace peer_observer::sim_node {

// bpf/tracepoints.def lists them. Its types are those of the ELF notes of Bitcoin Core on x86-64.

enum class Probe : std::size_t {
#define TRACEPOINT(id, context, name, ...) context##_##name,
#include "bpf/tracepoints.def"
};

enum class Kind : std::uint8_t { none, i64, u64, i32, u32, flag, text, hash, payload };

struct ProbeInfo {
    std::string_view name; ///< context:name
    std::array<Kind, 8> kinds;
};

constexpr std::array<Kind, 8> kinds(std::same_as<Kind> auto... of) { return {of...}; }

inline constexpr auto kProbes = [] {
    using enum Kind;
    return std::to_array<ProbeInfo>({
#define TRACEPOINT(id, context, name, group, origin, arguments, ...) {#context ":" #name, kinds arguments},
#include "bpf/tracepoints.def"
    });
}();
inline constexpr std::size_t kProbeCount = kProbes.size();

/// The probe of this `context:name`.
std::optional<Probe> find_probe(std::string_view name);

/// One argument. Which member is set follows from the probe's kinds. Pointers are not owned.
union Value {
    std::int64_t i64;
    std::uint64_t u64;
    std::int32_t i32;
    std::uint32_t u32;
    bool flag;
    const char* text;
    const std::uint8_t* hash;
    const std::uint8_t* payload;
};

/// What a decoder makes of a message's payload. Not part of the probe.
enum class Payload : std::uint8_t {
    well_formed,
    trailing_bytes, ///< well-formed, followed by bytes that Core ignores
    malformed,
    unknown_type, ///< of a type that has no decoder
};

struct Call {
    Probe probe{};
    std::array<Value, 8> arguments{};
    Payload payload = Payload::well_formed;

    const ProbeInfo& info() const { return kProbes[static_cast<std::size_t>(probe)]; }
    bool is_message() const { return probe == Probe::net_inbound_message || probe == Probe::net_outbound_message; }
};

/// Executes the probe if somebody listens to it; the arguments are evaluated only then. Returns whether it did.
bool fire(const Call& call);

/// The probes that somebody listens to.
std::bitset<kProbeCount> attached_probes();

/// A pointer to a hash, so that it cannot be taken for a payload.
struct HashPointer {
    HashPointer(const Hash& hash) : bytes(hash.data()) {} // NOLINT(google-explicit-constructor)
    const std::uint8_t* bytes;
};

namespace argument {
// NOLINTBEGIN(readability-identifier-naming): the words of the table of probes
using i64 = std::int64_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using u32 = std::uint32_t;
using flag = bool;
using text = const char*;
using hash = HashPointer;
using payload = const std::uint8_t*;
// NOLINTEND(readability-identifier-naming)

inline Value value(i64 from) { return {.i64 = from}; }
inline Value value(u64 from) { return {.u64 = from}; }
inline Value value(i32 from) { return {.i32 = from}; }
inline Value value(u32 from) { return {.u32 = from}; }
inline Value value(flag from) { return {.flag = from}; }
inline Value value(text from) { return {.text = from}; }
inline Value value(hash from) { return {.hash = from.bytes}; }
inline Value value(payload from) { return {.payload = from}; }
} // namespace argument

template <Probe probe, typename Function>
struct CallMaker;

template <Probe probe, typename... Arguments>
struct CallMaker<probe, void(Arguments...)> {
    Call operator()(Arguments... arguments) const
    {
        return {.probe = probe, .arguments = {argument::value(arguments)...}};
    }
};

/// calls::mempool_added(txid, vsize, fee) and so on: a typed function for every probe.
namespace calls {
using namespace argument;
#define TRACEPOINT(id, context, name, group, origin, arguments, ...)                                                   \
    inline constexpr CallMaker<Probe::context##_##name, void arguments> context##_##name;
#include "bpf/tracepoints.def"
} // namespace calls

} // namespace peer_observer::sim_node
