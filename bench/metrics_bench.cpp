// What the metrics service costs: events a second, and a scrape while events come in.
#include "services/metrics/observer.h"
#include "services/metrics/testing/samples.h"

#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace peer_observer;

constexpr std::size_t kBatchEvents = 200;
constexpr std::size_t kBatches = 200;

std::vector<std::string> make_batches(const std::string& node)
{
    metrics::testing::RealisticMix mix{1};
    std::vector<std::string> batches(kBatches);
    for (auto& bytes : batches) {
        proto::EventBatch batch;
        batch.set_node(node);
        for (std::size_t i = 0; i < kBatchEvents; ++i)
            *batch.add_events() = mix.next();
        bytes = batch.SerializeAsString();
    }
    return batches;
}

/// Everything between the bus and the HTTP server.
struct Service {
    void observe(const std::string& node, const std::string& bytes)
    {
        observer.observe({{.node = node, .publisher_id = 1, .event_count = kBatchEvents, .bytes = bytes}},
                         metrics::Moment::now());
    }

    metrics::Registry registry;
    metrics::IpLists lists{{}, registry};
    metrics::Observer observer{registry, lists};
};

std::size_t series(const metrics::Registry& registry)
{
    std::size_t count = 0;
    for (const auto& family : registry.collectable()->Collect())
        for (const auto& metric : family.metric)
            count += family.type == prometheus::MetricType::Histogram ? metric.histogram.bucket.size() + 2 : 1;
    return count;
}

void events(benchmark::State& state)
{
    Service service;
    const auto batches = make_batches("alpha");
    std::size_t next = 0;
    for (auto _ : state)
        service.observe("alpha", batches[next++ % kBatches]);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatchEvents));
}
BENCHMARK(events);

/// How much of that is parsing.
void parse_only(benchmark::State& state)
{
    const auto batches = make_batches("alpha");
    google::protobuf::Arena arena;
    std::size_t next = 0;
    for (auto _ : state) {
        auto& batch = *proto::EventBatch::default_instance().New(&arena);
        benchmark::DoNotOptimize(batch.ParseFromString(batches[next++ % kBatches]));
        arena.Reset();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatchEvents));
}
BENCHMARK(parse_only);

/// Nodes until the page has 20,000 series.
void fill(Service& service)
{
    for (int node = 0; series(service.registry) < 20'000; ++node) {
        const auto name = "node" + std::to_string(node);
        for (const auto& bytes : make_batches(name))
            service.observe(name, bytes);
    }
}

void scrape_of_20000_series(benchmark::State& state)
{
    Service service;
    fill(service);
    for (auto _ : state)
        benchmark::DoNotOptimize(prometheus::TextSerializer{}.Serialize(service.registry.collectable()->Collect()));
    state.counters["series"] = static_cast<double>(series(service.registry));
}
BENCHMARK(scrape_of_20000_series)->Unit(benchmark::kMillisecond);

/// Events while another thread scrapes without pause.
void events_during_scrapes(benchmark::State& state)
{
    Service service;
    fill(service);
    const auto batches = make_batches("node0");
    std::size_t next = 0;
    std::atomic<std::uint64_t> scrapes = 0;
    double slowest_ms = 0;
    {
        const std::jthread scraper{[&](const std::stop_token& done) {
            for (; !done.stop_requested(); ++scrapes)
                benchmark::DoNotOptimize(
                    prometheus::TextSerializer{}.Serialize(service.registry.collectable()->Collect()));
        }};
        for (auto _ : state) {
            const auto start = std::chrono::steady_clock::now();
            service.observe("node0", batches[next++ % kBatches]);
            const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
            slowest_ms = std::max(slowest_ms, took.count());
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatchEvents));
    state.counters["slowest_batch_ms"] = slowest_ms;
    state.counters["scrapes"] = static_cast<double>(scrapes);
}
BENCHMARK(events_during_scrapes);

} // namespace

BENCHMARK_MAIN();
