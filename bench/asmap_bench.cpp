// Time of one lookup in an asmap: in the file that ASMAP_FILE names, or in one of 65,536 networks that it makes up.
#include "libs/asmap/asmap_testing.h"
#include "libs/asmap/autonomous_systems.h"
#include "libs/base/regular_file.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>

namespace peer_observer::asmap {
namespace {

AsmapWriter networks(std::mt19937_64& random, int depth)
{
    if (depth == 0) return AsmapWriter{}.add_return(1 + static_cast<std::uint32_t>(random() % 400'000));
    const auto zero = networks(random, depth - 1);
    return AsmapWriter{}.add_branch(zero, networks(random, depth - 1));
}

std::string file()
{
    if (const char* const path = std::getenv("ASMAP_FILE")) {
        auto bytes = base::read_regular_file(path, kMaxFileBytes);
        if (!bytes) throw std::runtime_error{std::string{path} + ": " + bytes.error().reason};
        return *std::move(bytes);
    }
    std::mt19937_64 random{1};
    AsmapWriter writer;
    return writer.add_default(1).add_ipv4_prefix().bits(networks(random, 16).all_bits()).file();
}

const Asmap& asmap()
{
    static const Asmap parsed = [] {
        auto result = Asmap::parse(file());
        if (!result) throw std::runtime_error{result.error()};
        return *std::move(result);
    }();
    return parsed;
}

/// Routable IPv4 addresses, which take the longest way; of the others many need no lookup.
const auto kAddresses = [] {
    std::mt19937 random{2};
    std::array<base::IpBytes, 4096> result{};
    for (auto& address : result) {
        const auto bits = static_cast<std::uint32_t>(random());
        address = {0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0xff,
                   0xff,
                   static_cast<std::uint8_t>(11 + (bits & 7U)),
                   static_cast<std::uint8_t>(bits >> 8U),
                   static_cast<std::uint8_t>(bits >> 16U),
                   static_cast<std::uint8_t>(bits >> 24U)};
    }
    return result;
}();

/// The lookup alone.
void find(benchmark::State& state)
{
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(asmap().find(kAddresses[next++ % kAddresses.size()]));
    state.SetItemsProcessed(state.iterations());
}

/// With Core's rules around it.
void find_by_rules(benchmark::State& state)
{
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(find_as(asmap(), kAddresses[next++ % kAddresses.size()]));
    state.SetItemsProcessed(state.iterations());
}

void parse(benchmark::State& state)
{
    const auto text = file();
    for (auto _ : state)
        benchmark::DoNotOptimize(Asmap::parse(text));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

BENCHMARK(find);
BENCHMARK(find_by_rules);
BENCHMARK(parse);

} // namespace
} // namespace peer_observer::asmap

BENCHMARK_MAIN();
