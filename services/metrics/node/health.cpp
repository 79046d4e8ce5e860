#include "services/metrics/node/health.h"

#include "libs/base/clock.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

constexpr std::chrono::seconds kSilence{15}; // publishers send something every second
constexpr std::size_t kMaxPublishers = 64;   // of one node; ids are as random as a frame is

} // namespace

Moment Moment::now() { return {base::unix_ns(), std::chrono::steady_clock::now()}; }

Health::Health(NodeRegistry& registry)
    : events_{registry.counter(metric("events_total"))},
      lost_{&registry.counter(metric("events_lost_total"), {"unknown"}),
            &registry.counter(metric("events_lost_total"), {"ring_full"}),
            &registry.counter(metric("events_lost_total"), {"too_big"}),
            &registry.counter(metric("events_lost_total"), {"event_too_large"})},
      lost_to_gaps_{registry.counter(metric("events_lost_total"), {"sequence_gap"})},
      gaps_{registry.counter(metric("sequence_gaps_total"))},
      unparsable_{registry.counter(metric("unparsable_events_total"))},
      unknown_{registry.counter(metric("unknown_events_total"))}, latency_{registry, metric("event_latency_seconds")},
      age_{registry, metric("last_event_age_seconds")}, publishers_up_{registry.gauge(metric("publishers_up"))}
{
    static_assert(proto::EventsLost::RING_FULL == 1 && proto::EventsLost::TOO_BIG == 2 &&
                  proto::EventsLost::EVENT_TOO_LARGE == 3);
    static_assert(proto::EventsLost::Cause_ARRAYSIZE == 4);
}

void Health::observe_batch(std::uint64_t publisher_id, std::uint64_t event_count, std::uint64_t missed,
                           const Moment& now)
{
    if (missed > 0) {
        gaps_.Increment();
        lost_to_gaps_.Increment(static_cast<double>(missed));
    }
    if (event_count > 0) {
        events_.Increment(static_cast<double>(event_count));
        last_event_ = now.steady;
    }
    const auto known = std::ranges::find(publishers_, publisher_id, &Publisher::id);
    if (known != publishers_.end()) {
        known->last_heard = now.steady;
    } else if (publishers_.size() < kMaxPublishers) {
        publishers_.push_back({publisher_id, now.steady});
    }
}

void Health::observe_event(const proto::Event& event, const Moment& now)
{
    const auto age_ns =
        now.unix_ns - std::min(now.unix_ns, event.timestamp_ns()); // whatever a publisher gives for a time
    latency_.observe(static_cast<double>(age_ns) / 1e9);
}

void Health::observe_loss(const proto::EventsLost& lost)
{
    const auto cause = static_cast<std::size_t>(lost.cause()); // any: the publisher may be newer
    lost_[cause < lost_.size() ? cause : 0]->Increment(static_cast<double>(lost.count()));
}

std::vector<std::uint64_t> Health::tick(const Moment& now)
{
    std::vector<std::uint64_t> gone;
    for (const Publisher& publisher : publishers_)
        if (now.steady - publisher.last_heard > kSilence) gone.push_back(publisher.id);
    std::erase_if(publishers_,
                  [&](const Publisher& publisher) { return now.steady - publisher.last_heard > kSilence; });
    publishers_up_.Set(static_cast<double>(publishers_.size()));
    if (last_event_ != TimePoint{}) age_.set(std::chrono::duration<double>(now.steady - last_event_).count());
    return gone;
}

} // namespace peer_observer::metrics
