// Hostile traffic against the metrics: metrics_flood EVENTS. Prints, as it goes, events, series and resident memory;
// fails if series or memory grow after the first tenth, or if an event is not counted.
#include "libs/base/testing/sanitized.h"
#include "libs/bus/subscriber.h"
#include "services/metrics/observer.h"
#include "services/metrics/testing/samples.h"

#include <prometheus/metric_family.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

using namespace peer_observer;

constexpr std::uint64_t kBatchEvents = 200;
constexpr std::uint64_t kReports = 20;
constexpr std::uint64_t kAllowedGrowthKib = 8192;
constexpr bool kCanCompareMemory = !base::testing::kSanitized; // a sanitizer keeps what was freed

std::string make_batch(metrics::testing::HostileMix& mix)
{
    proto::EventBatch batch;
    batch.set_node("alpha");
    for (std::uint64_t i = 0; i < kBatchEvents; ++i)
        *batch.add_events() = mix.next();
    return batch.SerializeAsString();
}

struct Page {
    std::size_t series = 0;
    double events = 0;
};

Page scrape(const metrics::Registry& registry)
{
    Page page;
    for (const auto& family : registry.collectable()->Collect()) {
        page.series += family.metric.size();
        for (const auto& metric : family.metric) {
            if (family.name == "peerobserver_events_total") page.events += metric.counter.value;
        }
    }
    return page;
}

std::uint64_t resident_kib()
{
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    std::ifstream{"/proc/self/statm"} >> all >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

} // namespace

int main(int argc, char** argv)
{
    const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
    metrics::testing::HostileMix mix{1};
    metrics::Registry registry;
    const metrics::IpLists lists{{}, registry};
    metrics::Observer observer{registry, lists};
    std::printf("%12s %8s %14s\n", "events", "series", "resident KiB");
    std::chrono::duration<double> busy{};
    std::uint64_t events = 0;
    std::size_t warm_series = 0;
    std::uint64_t warm_kib = 0;
    bool flat = true;
    for (std::uint64_t report = 1; report <= kReports; ++report) {
        for (; events < wanted * report / kReports; events += kBatchEvents) {
            const auto bytes = make_batch(mix);
            const auto start = std::chrono::steady_clock::now();
            observer.observe({{.node = "alpha",
                               .publisher_id = 1,
                               .first_sequence = events,
                               .event_count = kBatchEvents,
                               .bytes = bytes}},
                             metrics::Moment::now());
            busy += std::chrono::steady_clock::now() - start;
        }
        const Page page = scrape(registry);
        const std::uint64_t kib = resident_kib();
        if (report == kReports / 10) {
            warm_series = page.series;
            warm_kib = kib;
        }
        // The rare combinations of labels may take a while to come up.
        const bool grew = report > kReports / 10 && (page.series > warm_series + warm_series / 20 ||
                                                     (kCanCompareMemory && kib > warm_kib + kAllowedGrowthKib));
        flat = flat && !grew && page.events == static_cast<double>(events);
        std::printf("%12.0f %8zu %14lu\n", page.events, page.series, kib);
    }
    std::printf("%.0f events/s\n", static_cast<double>(events) / busy.count());
    return flat ? 0 : 1;
}
