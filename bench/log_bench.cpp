// How many lines of a debug.log become events in a second, on one core: joined, parsed, serialized.
#include "proto/event.pb.h"
#include "services/log-extractor/assembler.h"
#include "services/log-extractor/event_maker.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace peer_observer::log_extractor {
namespace {

/// What a node logs with the categories that operations.md names, in about its proportions: most lines are of `net`.
std::string typical_log()
{
    const std::string time = "2026-01-02T03:04:05.678901Z [msghand] ";
    const std::string hash = "00000000000000000001b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607";
    std::string log;
    for (int i = 0; i < 1000; ++i) {
        const auto peer = "peer=" + std::to_string(i);
        for (int j = 0; j < 10; ++j) {
            log += time + "[net] received: inv (37 bytes) " + peer + "\n";
            log += time + "[net] sending getdata (37 bytes) " + peer + "\n";
            log += time + "[net] Requesting wtx " + hash + " " + peer + "\n";
            log += time + "[validation] Enqueuing TransactionAddedToMempool: txid=" + hash + " wtxid=" + hash + "\n";
        }
        log += time + "[net] socket closed, disconnecting " + peer + ", peeraddr=192.0.2.1:8333\n";
        log += time + "[validation] BlockChecked: block hash=" + hash + " state=Valid\n";
        log += time + "UpdateTip: new best=" + hash +
               " height=931000 version=0x20c0e000 log2_work=95.812345 tx=1301234567 date='2026-01-02T03:03:58Z' "
               "progress=1.000000 cache=412.7MiB(3012345txo)\n";
        log += time + "[cmpctblock] Successfully reconstructed block " + hash +
               " with 1 txn prefilled, 3210 txn from mempool (incl at least 4 from extra pool) and 2 txn (731 bytes) "
               "requested\n";
    }
    return log;
}

/// DEBUG_LOG: another log.
std::string log_to_read()
{
    const char* const path = std::getenv("DEBUG_LOG");
    if (path == nullptr) return typical_log();
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void make_events(benchmark::State& state)
{
    const auto log = log_to_read();
    const auto lines = std::ranges::count(log, '\n');
    EventMaker maker;
    std::string out;
    Assembler assembler{[&](const Message& message) {
        out.clear();
        maker.make(message, 1).AppendToString(&out);
        benchmark::DoNotOptimize(out.data());
    }};
    for ([[maybe_unused]] auto iteration : state) {
        assembler.feed(log, 0);
        assembler.finish();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.size()));
}
BENCHMARK(make_events)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace peer_observer::log_extractor

BENCHMARK_MAIN();
