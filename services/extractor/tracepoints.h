// Bitcoin Core's tracepoints as bpf/tracepoints.def lists them: probe, arguments, event.
#pragma once

#include "bpf/events.h"
#include "proto/event.pb.h"
#include "services/extractor/converters.h"

#include <array>
#include <bitset>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::extractor {

/// What is switched on and off together.
enum class Group : std::uint8_t {
    message,
    connection,
    mempool,
    validation,
    utxocache_flush,
    utxocache_coin,
    coin_selection,
    addrman,
    orphan,
    processed,
};

/// Which builds of Bitcoin Core have a tracepoint.
enum class Origin : std::uint8_t {
    core,   ///< every build with tracepoints
    wallet, ///< builds with the wallet
    patch,  ///< builds with patches/bitcoin-core
};

/// The types of arguments that the table names, as their sizes in the ELF note: in bytes, negative if signed.
namespace argument {
enum Size : int { i64 = -8, u64 = 8, i32 = -4, u32 = 4, flag = 1, text = 8, hash = 8, payload = 8 };
} // namespace argument

/// The sizes of a tracepoint's arguments, in order.
struct Arguments {
    explicit constexpr Arguments(std::same_as<argument::Size> auto... of) : sizes{of...}, count{sizeof...(of)} {}

    std::array<int, 8> sizes;
    std::size_t count;

    std::string text() const; ///< as in the ELF note, separated by one space
};

/// How a record becomes an event: the arm of Event, the arm of the context's message in it, and the function that
/// writes its fields.
struct Conversion {
    int context_field;
    int event_field;
    std::size_t record_bytes; ///< the least that a record of this kind has
    void (*convert)(const record_header& record, RecordWriter& out, ConvertContext& context);
};

template <typename Record>
using Converter = void (*)(const Record&, RecordWriter&, ConvertContext&);

template <auto Convert, typename Record>
consteval Conversion make_conversion(int context_field, int event_field, Converter<Record>)
{
    return {context_field, event_field, sizeof(Record),
            [](const record_header& record, RecordWriter& out, ConvertContext& context) {
                Convert(reinterpret_cast<const Record&>(record), out, context);
            }};
}

template <auto Convert>
consteval Conversion by(int context_field, int event_field)
{
    return make_conversion<Convert>(context_field, event_field, Convert);
}

struct Tracepoint {
    tracepoint_id id; ///< what the kernel side writes into its records
    std::string_view provider;
    std::string_view name;
    Group group;
    Origin origin;
    Arguments arguments;
    Conversion conversion;

    std::string full_name() const { return std::string{provider} + ":" + std::string{name}; }
    /// The function in bpf/.
    std::string program() const { return std::string{provider} + "_" + std::string{name}; }
};

inline constexpr auto kTracepoints = [] {
    using namespace argument;
    return std::to_array<Tracepoint>({
#define TRACEPOINT(id, provider, name, group, origin, arguments, record, convert, context_field, event_field)          \
    {id,                                                                                                               \
     #provider,                                                                                                        \
     #name,                                                                                                            \
     Group::group,                                                                                                     \
     Origin::origin,                                                                                                   \
     Arguments arguments,                                                                                              \
     by<convert>(proto::context_field, proto::event_field)},
#include "bpf/tracepoints.def"
    });
}();

/// Bit i: row i of kTracepoints.
using TracepointSet = std::bitset<kTracepoints.size()>;

/// All but utxocache:add, spent, uncache and coin_selection:*, which are high-volume or irrelevant to peer monitoring.
TracepointSet default_tracepoints();

/// Switches on and then off. A name is a group's or `provider:name`. Throws app::UsageError that names an unknown one
/// and lists the known.
TracepointSet select_tracepoints(const std::vector<std::string>& enable, const std::vector<std::string>& disable);

/// As docs/tracepoints.md has it.
std::string markdown_table();

} // namespace peer_observer::extractor
