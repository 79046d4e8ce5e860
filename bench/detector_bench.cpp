// What the detector costs: events a second, and memory under a million peers' coming and going and with a hundred
// nodes.
#include "services/detector/testing/benign_day.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace peer_observer;
using namespace peer_observer::detector::testing;

constexpr std::size_t kBatchEvents = 200; // what an extractor sends under load

double resident_mib()
{
    std::ifstream file{"/proc/self/statm"};
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// An hour of a node with 70 peers.
std::vector<StoredBatch> ordinary_hour(std::uint64_t number)
{
    std::vector<StoredBatch> batches;
    Node node{[&](const auto& batch) { batches.push_back(batch); }, "node" + std::to_string(number), number + 1,
              kBatchEvents, number};
    BenignDay{node}.play(60);
    node.flush();
    return batches;
}

std::int64_t count(const std::vector<StoredBatch>& batches)
{
    std::int64_t events = 0;
    for (const auto& batch : batches)
        events += static_cast<std::int64_t>(batch.events);
    return events;
}

void ordinary_events(benchmark::State& state)
{
    const auto batches = ordinary_hour(0);
    for (auto _ : state) {
        Lab lab;
        for (const auto& batch : batches)
            lab.observe(batch);
        benchmark::DoNotOptimize(lab.published.size());
    }
    state.SetItemsProcessed(state.iterations() * count(batches));
}
BENCHMARK(ordinary_events)->Unit(benchmark::kMillisecond);

/// All attacks at ten times the threshold, one after the other.
void attacks(benchmark::State& state)
{
    std::vector<StoredBatch> batches;
    Node node{[&](const auto& batch) { batches.push_back(batch); }, "alpha", 1, kBatchEvents};
    sim_node::play_company(node.script);
    for (const auto& attack : sim_node::attacks())
        attack.play(node.script, 10);
    node.flush();
    for (auto _ : state) {
        Lab lab;
        for (const auto& batch : batches)
            lab.observe(batch);
        benchmark::DoNotOptimize(lab.published.size());
    }
    state.SetItemsProcessed(state.iterations() * count(batches));
}
BENCHMARK(attacks)->Unit(benchmark::kMillisecond);

/// Each of another subnet, and nobody ever hears that it has gone.
void memory_under_a_million_peers(benchmark::State& state)
{
    for (auto _ : state) {
        Lab lab;
        Node node{[&](const auto& batch) { lab.observe(batch); }, "alpha", 1, kBatchEvents};
        const double before = resident_mib();
        double after_tenth = 0;
        for (int i = 0; i < 1'000'000; ++i) {
            const auto host = "2001:" + std::to_string(i % 9'000 + 1'000) + ":" + std::to_string(i / 9'000 + 1) + "::1";
            sim_node::Connection peer{node.script, host, "inbound", sim_node::Network::ipv6};
            peer.receive("ping", sim_node::payloads::nonce(7)).receive("getaddr", {});
            if (i % 2 == 0) peer.close();
            if (i % 100 == 0) node.script.wait(1);
            if (i == 100'000) after_tenth = resident_mib() - before;
        }
        state.counters["MiB_after_100k"] = after_tenth;
        state.counters["MiB_after_1M"] = resident_mib() - before;
    }
}
BENCHMARK(memory_under_a_million_peers)->Iterations(1)->Unit(benchmark::kSecond);

void memory_of_a_hundred_nodes(benchmark::State& state)
{
    for (auto _ : state) {
        const double before = resident_mib();
        Lab lab;
        for (std::uint64_t number = 0; number < 100; ++number) {
            Node node{[&](const auto& batch) { lab.observe(batch); }, "node" + std::to_string(number), number + 1,
                      kBatchEvents, number};
            BenignDay{node}.play(30);
            node.flush();
        }
        lab.finish();
        state.counters["MiB"] = resident_mib() - before;
        state.counters["peers"] = static_cast<double>(lab.engine().counters().peers);
    }
}
BENCHMARK(memory_of_a_hundred_nodes)->Iterations(1)->Unit(benchmark::kSecond);

} // namespace

BENCHMARK_MAIN();
