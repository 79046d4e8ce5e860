// Time of one lookup in an asmap: in the file that ASMAP_FILE names, or in one of 65,536 networks that it makes up.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "libs/asmap/asmap_testing.h"
#include "libs/asmap/autonomous_systems.h"
#include "libs/base/regular_file.h"

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
        if (!bytes) throw std::runtime_error(std::string{path} + ": " + bytes.error().reason);
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
        if (!result) throw std::runtime_error(result.error());
        return *std::move(result);
    }();
    return parsed;
}

/// Routable IPv4 addresses, which take the longest way; of the others many need no lookup.
template <typename Address>
std::array<Address, 4096> addresses(Address (*make)(std::uint32_t))
{
    std::mt19937 random{2};
    std::array<Address, 4096> result;
    for (auto& address : result)
        address = make(11U << 24U | (static_cast<std::uint32_t>(random()) & 0x1effffff) << 1U);
    return result;
}

void bytes(benchmark::State& state)
{
    const auto keys = addresses<Ipv6Bytes>([](std::uint32_t address) {
        return boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, boost::asio::ip::address_v4{address})
            .to_bytes();
    });
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(asmap().find(keys[next++ % keys.size()]));
    state.SetItemsProcessed(state.iterations());
}

void address(benchmark::State& state)
{
    const auto keys = addresses<boost::asio::ip::address>(
        [](std::uint32_t address) { return boost::asio::ip::address{boost::asio::ip::address_v4{address}}; });
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(find_as(asmap(), keys[next++ % keys.size()]));
    state.SetItemsProcessed(state.iterations());
}

void parse(benchmark::State& state)
{
    const auto text = file();
    for (auto _ : state)
        benchmark::DoNotOptimize(Asmap::parse(text));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

BENCHMARK(bytes);
BENCHMARK(address);
BENCHMARK(parse);

} // namespace
} // namespace peer_observer::asmap

BENCHMARK_MAIN();
