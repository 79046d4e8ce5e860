// Time and allocations of decoding one P2P message.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "libs/wire/decode.h"
#include "libs/wire/message_table.h"
#include "libs/wire/sha256.h"
#include "libs/wire/testing/largest_payloads.h"
#include "proto/p2p.pb.h"

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <regex>
#include <span>
#include <string>
#include <string_view>

static std::uint64_t allocation_count = 0;

// In place of the C library's, so that allocations inside libcrypto count, too. operator new calls it.
extern "C" void*
__libc_malloc(std::size_t size); // NOLINT(bugprone-reserved-identifier,readability-identifier-naming): glibc's own name
extern "C" void* malloc(std::size_t size)
{
    ++allocation_count;
    return __libc_malloc(size);
}

namespace peer_observer::wire {
namespace {

template <typename T>
std::string bytes_of(T value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string compact_size(std::size_t value)
{
    if (value < 0xfd) return bytes_of(static_cast<std::uint8_t>(value));
    return '\xfd' + bytes_of(static_cast<std::uint16_t>(value));
}

/// Bytes that differ from each other, as hashes do.
std::string noise(std::size_t size)
{
    static std::uint64_t state = 413567;
    std::string bytes;
    for (; bytes.size() < size; state = state * 6364136223846793005 + 1442695040888963407) {
        bytes += bytes_of(static_cast<std::uint32_t>(state >> 32));
    }
    bytes.resize(size);
    return bytes;
}

std::string inv(std::size_t count)
{
    auto payload = compact_size(count);
    for (std::size_t i = 0; i < count; ++i)
        payload += bytes_of(std::uint32_t{5}) + noise(32);
    return payload;
}

/// The mix that a node with Tor sees: of ten addresses six IPv4, two IPv6, one TorV3, one I2P.
std::string addrv2(std::size_t count)
{
    struct Kind {
        char network;
        std::size_t size;
    };
    constexpr Kind kKinds[]{{1, 4}, {1, 4}, {2, 16}, {1, 4}, {4, 32}, {1, 4}, {1, 4}, {2, 16}, {1, 4}, {5, 32}};
    auto payload = compact_size(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto [network, size] = kKinds[i % std::size(kKinds)];
        payload += bytes_of(std::uint32_t{1'700'000'000}) + compact_size(0xc09) + network + compact_size(size) +
                   noise(size) + "\x20\x8d";
    }
    return payload;
}

std::string headers(std::size_t count)
{
    auto payload = compact_size(count);
    for (std::size_t i = 0; i < count; ++i)
        payload += noise(80) + '\0';
    return payload;
}

/// Two inputs that spend P2WPKH, two such outputs.
std::string tx()
{
    auto payload = bytes_of(std::uint32_t{2}) + std::string{"\x00\x01\x02", 3};
    for (int i = 0; i < 2; ++i)
        payload += noise(36) + '\0' + bytes_of(std::uint32_t{0xfffffffd});
    payload += '\x02';
    for (int i = 0; i < 2; ++i)
        payload += bytes_of(std::int64_t{1'000'000}) + '\x16' + noise(22);
    for (int i = 0; i < 2; ++i)
        payload += '\x02' + ('\x47' + noise(0x47)) + ('\x21' + noise(0x21));
    return payload + bytes_of(std::uint32_t{880'000});
}

std::string cmpctblock()
{
    return noise(80) + noise(8) + compact_size(3000) + noise(3000 * 6) + compact_size(1) + compact_size(0) + tx();
}

/// Of 1 MB, of transactions like tx().
const std::string& block()
{
    static const std::string bytes = [] {
        std::string transactions;
        std::size_t count = 0;
        for (; transactions.size() < 1'000'000; ++count)
            transactions += tx();
        return noise(80) + compact_size(count) + transactions;
    }();
    return bytes;
}

void count_allocations(benchmark::State& state, std::uint64_t before)
{
    state.counters["allocations"] =
        benchmark::Counter(static_cast<double>(allocation_count - before), benchmark::Counter::kAvgIterations);
}

void run(benchmark::State& state, std::string_view type, const std::string& payload, TxDetail detail = TxDetail::full)
{
    const std::span bytes{reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()};
    // The extractor, too, writes into a string that has its size from earlier batches.
    std::string out;
    if (!decode(type, bytes, {.tx_detail = detail}, out)) return state.SkipWithError("not decoded");
    const auto allocations_before = allocation_count;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(decode(type, bytes, {.tx_detail = detail}, out));
        benchmark::ClobberMemory();
    }
    count_allocations(state, allocations_before);
    state.counters["bytes_in"] = static_cast<double>(payload.size());
    state.counters["bytes_out"] = static_cast<double>(out.size());
}

void run_block(benchmark::State& state, TxDetail detail) { run(state, "block", block(), detail); }

/// The payloads that cost most, at the detail that costs most: what a hostile peer can ask for with a byte.
void run_largest(benchmark::State& state, std::string_view type, std::size_t index)
{
    const auto payload = test::largest_payloads(type)[index];
    run(state, type, payload, TxDetail::raw);
    state.counters["per_byte"] =
        benchmark::Counter(static_cast<double>(payload.size()),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// The hashes that run_block(ids) computes, and nothing else.
void hash_block(benchmark::State& state)
{
    const auto& bytes_of_block = block();
    std::string out;
    const std::span bytes{reinterpret_cast<const std::uint8_t*>(bytes_of_block.data()), bytes_of_block.size()};
    proto::MessagePayload payload;
    if (!decode("block", bytes, {.tx_detail = TxDetail::raw}, out) || !payload.ParseFromString(out)) {
        return state.SkipWithError("not decoded");
    }
    const auto header = bytes_of_block.substr(0, 80);
    for (auto _ : state) {
        benchmark::DoNotOptimize(double_sha256({header}));
        std::size_t offset = bytes_of_block.size();
        for (const auto& transaction : payload.block().transactions())
            offset -= transaction.size_bytes();
        for (const auto& transaction : payload.block().transactions()) {
            benchmark::DoNotOptimize(
                double_sha256({std::string_view{bytes_of_block}.substr(offset, transaction.size_bytes())}));
            offset += transaction.size_bytes();
        }
    }
}

/// The second round of a double hash: with the functions that libs/wire calls, and with those that OpenSSL recommends.
void hash_32_bytes_low_level(benchmark::State& state)
{
    const auto bytes = noise(32);
    std::array<unsigned char, 32> digest;
    const auto before = allocation_count;
    for (auto _ : state) {
        SHA256_CTX context;
        SHA256_Init(&context);
        SHA256_Update(&context, bytes.data(), bytes.size());
        SHA256_Final(digest.data(), &context);
        benchmark::DoNotOptimize(digest);
    }
    count_allocations(state, before);
}

void hash_32_bytes_evp(benchmark::State& state)
{
    const auto bytes = noise(32);
    std::array<unsigned char, 32> digest;
    auto* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    auto* const context = EVP_MD_CTX_new();
    const auto before = allocation_count;
    for (auto _ : state) {
        EVP_DigestInit_ex(context, algorithm, nullptr);
        EVP_DigestUpdate(context, bytes.data(), bytes.size());
        EVP_DigestFinal_ex(context, digest.data(), nullptr);
        benchmark::DoNotOptimize(digest);
    }
    count_allocations(state, before);
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
}

BENCHMARK_CAPTURE(run, ping, "ping", noise(8));
BENCHMARK_CAPTURE(run, inv_1, "inv", inv(1));
BENCHMARK_CAPTURE(run, inv_35, "inv", inv(35));
BENCHMARK_CAPTURE(run, inv_1000, "inv", inv(1000));
BENCHMARK_CAPTURE(run, addrv2_10, "addrv2", addrv2(10));
BENCHMARK_CAPTURE(run, addrv2_1000, "addrv2", addrv2(1000));
BENCHMARK_CAPTURE(run, headers_2000, "headers", headers(2000));
BENCHMARK_CAPTURE(run, tx_ids, "tx", tx(), TxDetail::ids);
BENCHMARK_CAPTURE(run, tx_full, "tx", tx(), TxDetail::full);
BENCHMARK_CAPTURE(run, cmpctblock_3000, "cmpctblock", cmpctblock());
BENCHMARK_CAPTURE(run_block, ids, TxDetail::ids);
BENCHMARK_CAPTURE(run_block, full, TxDetail::full);
BENCHMARK_CAPTURE(run_block, raw, TxDetail::raw);
BENCHMARK(hash_block);
BENCHMARK(hash_32_bytes_low_level);
BENCHMARK(hash_32_bytes_evp);

std::string name_of_largest(std::string_view type, std::size_t index)
{
    return "largest/" + std::string{type} + '/' + std::to_string(index);
}

/// Of types that the filter may select: the payloads of all take hundreds of MB.
void register_largest(const std::string& filter)
{
    constexpr std::size_t kMostOfAType = 12;
    const bool is_regex = !filter.empty() && filter != "all" && !filter.starts_with('-');
    const std::regex regex{is_regex ? filter : ""};
    for (const auto& type : kMessageTypes) {
        bool may_run = false;
        for (std::size_t i = 0; i < kMostOfAType; ++i)
            may_run = may_run || std::regex_search(name_of_largest(type.name, i), regex);
        if (!may_run) continue;
        const auto payloads = test::largest_payloads(type.name);
        for (std::size_t i = 0; i < payloads.size(); ++i)
            if (payloads[i].size() >= 10'000)
                benchmark::RegisterBenchmark(name_of_largest(type.name, i).c_str(), run_largest, type.name, i);
    }
}

} // namespace
} // namespace peer_observer::wire

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    peer_observer::wire::register_largest(benchmark::GetBenchmarkFilter());
    benchmark::RunSpecifiedBenchmarks();
}
