// The tracepoints of bitcoind: the list of them, a call of one, and firing it as a USDT probe.
#pragma once

#include "tests/sim_node/writer.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace peer_observer::sim_node {

// A row: context, name, number of arguments, their types in order. The types are those of the ELF notes of Bitcoin Core
// on x86-64: `text` is a NUL-terminated string, `hash` 32 bytes in wire order, `payload` as many bytes as the argument
// before it says. The last five exist in a patched Core only.
#define SIM_NODE_PROBES(X)                                                                                             \
    X(net, inbound_message, 6, i64, text, text, text, u64, payload)                                                    \
    X(net, outbound_message, 6, i64, text, text, text, u64, payload)                                                   \
    X(net, inbound_connection, 5, i64, text, text, u32, u64)                                                           \
    X(net, outbound_connection, 5, i64, text, text, u32, u64)                                                          \
    X(net, evicted_inbound_connection, 5, i64, text, text, u32, i64)                                                   \
    X(net, misbehaving_connection, 2, i64, text)                                                                       \
    X(net, closed_connection, 5, i64, text, text, u32, i64)                                                            \
    X(validation, block_connected, 6, hash, i32, u64, i32, i64, i64)                                                   \
    X(utxocache, flush, 5, i64, u32, u64, u64, flag)                                                                   \
    X(utxocache, add, 5, hash, u32, u32, i64, flag)                                                                    \
    X(utxocache, spent, 5, hash, u32, u32, i64, flag)                                                                  \
    X(utxocache, uncache, 5, hash, u32, u32, i64, flag)                                                                \
    X(coin_selection, selected_coins, 5, text, text, i64, i64, i64)                                                    \
    X(coin_selection, normal_create_tx_internal, 4, text, flag, i64, i32)                                              \
    X(coin_selection, attempting_aps_create_tx, 1, text)                                                               \
    X(coin_selection, aps_create_tx_internal, 5, text, flag, flag, i64, i32)                                           \
    X(mempool, added, 3, hash, i32, i64)                                                                               \
    X(mempool, removed, 5, hash, text, i32, i64, u64)                                                                  \
    X(mempool, replaced, 8, hash, i32, i64, u64, hash, i32, i64, flag)                                                 \
    X(mempool, rejected, 2, hash, text)                                                                                \
    X(addrman, attempt_add, 7, flag, i32, i32, text, u32, text, u32)                                                   \
    X(addrman, move_to_good, 6, i32, i32, text, u32, text, u32)                                                        \
    X(orphan, add, 6, hash, hash, i64, i64, u64, i64)                                                                  \
    X(orphan, removed, 6, hash, hash, i64, i64, u64, i64)                                                              \
    X(net, processed_message, 6, i64, text, text, text, u64, i64)

enum class Probe : std::size_t {
#define SIM_NODE_ENUMERATOR(context, name, ...) context##_##name,
    SIM_NODE_PROBES(SIM_NODE_ENUMERATOR)
#undef SIM_NODE_ENUMERATOR
};

enum class Kind : std::uint8_t { none, i64, u64, i32, u32, flag, text, hash, payload };

struct ProbeInfo {
    std::string_view name; ///< context:name
    std::array<Kind, 8> kinds;
};

inline constexpr std::array kProbes{
#define SIM_NODE_KINDS_1(a) Kind::a
#define SIM_NODE_KINDS_2(a, ...) Kind::a, SIM_NODE_KINDS_1(__VA_ARGS__)
#define SIM_NODE_KINDS_3(a, ...) Kind::a, SIM_NODE_KINDS_2(__VA_ARGS__)
#define SIM_NODE_KINDS_4(a, ...) Kind::a, SIM_NODE_KINDS_3(__VA_ARGS__)
#define SIM_NODE_KINDS_5(a, ...) Kind::a, SIM_NODE_KINDS_4(__VA_ARGS__)
#define SIM_NODE_KINDS_6(a, ...) Kind::a, SIM_NODE_KINDS_5(__VA_ARGS__)
#define SIM_NODE_KINDS_7(a, ...) Kind::a, SIM_NODE_KINDS_6(__VA_ARGS__)
#define SIM_NODE_KINDS_8(a, ...) Kind::a, SIM_NODE_KINDS_7(__VA_ARGS__)
#define SIM_NODE_INFO(context, name, count, ...) ProbeInfo{#context ":" #name, {SIM_NODE_KINDS_##count(__VA_ARGS__)}},
    SIM_NODE_PROBES(SIM_NODE_INFO)
#undef SIM_NODE_INFO
};
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

template <Probe probe, typename... Arguments>
struct CallMaker {
    Call operator()(Arguments... arguments) const
    {
        return {.probe = probe, .arguments = {argument::value(arguments)...}};
    }
};

/// calls::mempool_added(txid, vsize, fee) and so on: a typed function for every probe.
namespace calls {
using namespace argument;
#define SIM_NODE_MAKER(context, name, count, ...)                                                                      \
    inline constexpr CallMaker<Probe::context##_##name, __VA_ARGS__> context##_##name;
SIM_NODE_PROBES(SIM_NODE_MAKER)
#undef SIM_NODE_MAKER
} // namespace calls

} // namespace peer_observer::sim_node
