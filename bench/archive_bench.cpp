// What an archive costs: writing, size an event, reading, seeking. Set ARCHIVE_BENCH_INPUT to an archive file of real
// or sim_node traffic to measure with its events; without it, a small mix made here is used.
#include "libs/archive/compressor.h"
#include "libs/archive/content.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/reader.h"
#include "libs/events/batch.h"
#include "libs/events/selection.h"
#include "proto/event.pb.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace peer_observer;

constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;

struct Input {
    std::vector<std::string> batches;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
};

/// Like mainnet: most of it announcements and requests, hashes are random.
proto::Event make_event(std::uint64_t number, std::mt19937_64& random)
{
    proto::Event event;
    event.set_timestamp_ns(kStart + number * 200'000 + random() % 100'000);
    event.set_pid(4242);
    const auto hash = [&] {
        std::string bytes(32, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        return bytes;
    };
    if (number % 10 == 9) {
        auto& added = *event.mutable_mempool()->mutable_added();
        added.set_txid(hash());
        added.set_vsize_vbytes(static_cast<std::int32_t>(100 + random() % 400));
        added.set_fee_sat(static_cast<std::int64_t>(random() % 10'000));
        return event;
    }
    auto& message =
        number % 2 == 0 ? *event.mutable_message()->mutable_inbound() : *event.mutable_message()->mutable_outbound();
    const auto peer = random() % 120;
    message.set_peer_id(static_cast<std::int64_t>(peer));
    message.set_address("192.0.2." + std::to_string(peer) + ":8333");
    message.set_connection_type(peer % 10 == 0 ? "outbound-full-relay" : "inbound");
    message.set_message_type(number % 3 == 0 ? "getdata" : "inv");
    auto& inventory =
        number % 3 == 0 ? *message.mutable_payload()->mutable_getdata() : *message.mutable_payload()->mutable_inv();
    const auto items = 1 + random() % 4;
    for (std::uint64_t i = 0; i < items; ++i) {
        auto& item = *inventory.add_items();
        item.set_type(proto::InventoryItem::WTX);
        item.set_hash(hash());
    }
    message.set_size(1 + 36 * items);
    return event;
}

Input make_input()
{
    Input input;
    if (const char* const file = std::getenv("ARCHIVE_BENCH_INPUT")) {
        archive::Reader reader{file};
        while (const auto chunk = reader.next())
            for (const auto& batch : chunk->batches)
                input.batches.emplace_back(batch.bytes);
    } else {
        std::mt19937_64 random{1};
        for (std::uint64_t first = 0; first < 200'000; first += 200) {
            proto::EventBatch batch;
            batch.set_schema_version(events::kSchemaVersion);
            batch.set_node("bench");
            batch.set_publisher_id(1);
            batch.set_first_sequence(first);
            for (std::uint64_t i = 0; i < 200; ++i)
                *batch.add_events() = make_event(first + i, random);
            input.batches.push_back(batch.SerializeAsString());
        }
    }
    for (const auto& batch : input.batches) {
        input.events += events::parse_batch(batch)->event_count;
        input.bytes += batch.size();
    }
    return input;
}

const Input& input()
{
    static const Input made = make_input();
    return made;
}

proto::ArchiveHeader header()
{
    auto header = archive::make_header("bench", kStart);
    const auto first = *events::parse_batch(input().batches.front());
    header.add_sources()->set_node(std::string{first.node});
    header.mutable_sources(0)->set_publisher_id(first.publisher_id);
    return header;
}

/// Writes the input until the file has `size` bytes, but at least once. Sequence numbers are those of the input.
void write_file(const std::filesystem::path& path, int level, std::uint64_t frame_kibibytes, std::uint64_t size,
                bool has_search_records = true)
{
    archive::FileWriter writer{path, header()};
    archive::Compressor compressor{level};
    archive::Content content;
    archive::FrameContents contents;
    const auto write = [&] {
        auto full = std::exchange(content, {});
        const auto said = has_search_records ? std::exchange(contents, {}).serialize() : std::string{};
        const auto frame = compressor.compress(std::move(full.bytes)).get();
        if (writer.append({}, full.frame, frame, said)) std::abort();
    };
    do {
        for (const auto& batch : input().batches) {
            content.add(*events::parse_batch(batch), has_search_records ? &contents : nullptr);
            if (content.bytes.size() >= frame_kibibytes << 10U) write();
        }
        if (!content.bytes.empty()) write();
    } while (writer.size() < size);
    if (writer.close()) std::abort();
}

std::filesystem::path temporary(const std::string& name)
{
    return std::filesystem::temp_directory_path() / ("archive_bench_" + std::to_string(getpid()) + name + ".poa.zst");
}

/// The whole way from batches to a file, on one thread; with or without search records.
void write_archive(benchmark::State& state)
{
    const auto path = temporary("write");
    std::uint64_t file_bytes = 0;
    for (auto _ : state) {
        write_file(path, static_cast<int>(state.range(0)), static_cast<std::uint64_t>(state.range(1)), 0,
                   state.range(2) != 0);
        file_bytes = std::filesystem::file_size(path);
        std::filesystem::remove(path);
    }
    const auto events = static_cast<double>(input().events);
    state.counters["events/s"] = {events * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate};
    state.counters["bytes/event"] = static_cast<double>(file_bytes) / events;
    state.counters["ratio"] = static_cast<double>(input().bytes) / static_cast<double>(file_bytes);
}

/// Every frame decompressed and checked, every batch split off: what `cat --format protobuf` does before it writes.
void read_archive(benchmark::State& state)
{
    const auto path = temporary("read");
    write_file(path, 3, archive::good_frame_bytes(3) >> 10U, 0);
    for (auto _ : state) {
        archive::Reader reader{path};
        while (const auto chunk = reader.next())
            benchmark::DoNotOptimize(chunk->batches.data());
    }
    state.counters["events/s"] = {static_cast<double>(input().events * state.iterations()),
                                  benchmark::Counter::kIsRate};
    std::filesystem::remove(path);
}

/// Opening a file of 1 GiB and reading the first batch of a moment in it.
void seek_archive(benchmark::State& state)
{
    const auto path = temporary("seek");
    write_file(path, 1, archive::good_frame_bytes(1) >> 10U, std::uint64_t{1} << 30U);
    std::uint64_t middle = 0;
    {
        archive::Reader reader{path};
        middle = reader.index()->frames(reader.index()->frames_size() / 2).first_sequence();
    }
    for (auto _ : state) {
        archive::Reader reader{path, {.from_sequence = middle, .to_sequence = middle + 1}};
        const auto chunk = reader.next();
        if (!chunk || chunk->batches.empty()) std::abort();
    }
    std::filesystem::remove(path);
}

/// The events of all batches against a selection: what logger, archiver, `cat` and `export` do with each event before
/// they parse it.
void select_events(benchmark::State& state, const std::vector<std::string>& texts)
{
    std::vector<events::Conjunction> alternatives;
    for (const auto& text : texts)
        alternatives.push_back(*events::parse_conjunction(text));
    const events::Selection selection{std::move(alternatives)};
    std::uint64_t selected = 0;
    for (auto _ : state)
        for (const auto& batch : input().batches)
            events::for_each_event(*events::parse_batch(batch),
                                   [&](const auto& event) { selected += selection.selects(event) ? 1 : 0; });
    const auto events = static_cast<double>(input().events * state.iterations());
    state.counters["events/s"] = {events, benchmark::Counter::kIsRate};
    state.counters["selected"] = static_cast<double>(selected) / events;
}

} // namespace

using Texts = std::vector<std::string>;
BENCHMARK_CAPTURE(select_events, everything, Texts{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(select_events, nothing, Texts{"kind=mempool.rejected"})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(select_events, message_type, Texts{"message_type=getdata"})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(select_events, address, Texts{"address=192.0.2.7"})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(select_events, addr_relay, Texts{"message_type=addr|addrv2|getaddr|sendaddrv2", "kind=connection"})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(select_events, ten_alternatives,
                  Texts{"peer=1", "peer=2", "peer=3", "peer=4", "peer=5", "peer=6", "peer=7", "peer=8", "peer=9",
                        "message_type=getdata,direction=inbound"})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(write_archive)
    ->ArgNames({"level", "frame_KiB", "search"})
    ->Args({1, 4096, 1})
    ->Args({3, 4096, 0})
    ->Args({3, 4096, 1})
    ->Args({9, 8192, 1})
    ->Args({19, 16384, 1})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(read_archive)->Unit(benchmark::kMillisecond);
BENCHMARK(seek_archive)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
