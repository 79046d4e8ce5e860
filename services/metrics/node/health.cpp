#include "services/metrics/node/health.h"

#include "libs/base/clock.h"

#include <algorithm>
#include <cstddef>

namespace peer_observer::metrics {
namespace {

constexpr std::chrono::seconds kSilence{15};     // publishers send something every second
constexpr std::chrono::seconds kReplacement{30}; // a publisher that was killed is gone by then
constexpr std::chrono::seconds kOverlap{2};      // what is left of a publisher that was replaced has come by then
constexpr std::size_t kMaxPublishers = 64;       // of one node; ids are as random as a frame is

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
      unknown_{registry.counter(metric("unknown_events_total"))}, latency_{registry, metric("event_latency_seconds")}
{
    for (const auto& name : kSortNames)
        sorts_.push_back({{registry, metric("publishers_up"), {&name, 1}},
                          {registry, metric("last_event_age_seconds"), {&name, 1}},
                          {}});
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
    if (event_count > 0) events_.Increment(static_cast<double>(event_count));
    const auto known = std::ranges::find(publishers_, publisher_id, &Publisher::id);
    current_ = static_cast<std::size_t>(known - publishers_.begin());
    if (known != publishers_.end()) {
        known->last_heard = now.steady;
    } else if (publishers_.size() < kMaxPublishers) {
        publishers_.push_back({publisher_id, now.steady, now.steady});
    }
}

bool Health::is_counted(const Moment& now) const
{
    if (current_ >= publishers_.size()) return true;
    const Publisher& current = publishers_[current_];
    if (current.sort == Sort::unknown || current.sort == Sort::tool) return true;
    const auto counted_instead = [&](const Publisher& earlier) {
        return earlier.sort == current.sort && earlier.last_heard - current.first_heard > kOverlap &&
               now.steady - earlier.last_heard < kSilence;
    };
    return std::none_of(publishers_.begin(), publishers_.begin() + static_cast<std::ptrdiff_t>(current_),
                        counted_instead);
}

Health::Sort Health::sort_of(const proto::Event& event)
{
    switch (event.context_case()) {
    case proto::Event::kEventsLost: // both extractors lose events
    case proto::Event::CONTEXT_NOT_SET:
        return Sort::unknown;
    case proto::Event::kRpc:
        return Sort::rpc;
    case proto::Event::kLog:
        return Sort::log;
    case proto::Event::kP2PExtractor:
        return Sort::p2p;
    case proto::Event::kAddrConnectivity:
    case proto::Event::kAnomaly:
        return Sort::tool;
    default:
        return Sort::tracepoints;
    }
}

void Health::observe_event(const proto::Event& event, const Moment& now)
{
    const auto age_ns =
        now.unix_ns - std::min(now.unix_ns, event.timestamp_ns()); // whatever a publisher gives for a time
    latency_.observe(static_cast<double>(age_ns) / 1e9);
    const auto sort = sort_of(event);
    if (sort == Sort::unknown) return;
    sorts_[static_cast<std::size_t>(sort)].last_event = now.steady;
    if (current_ < publishers_.size()) publishers_[current_].sort = sort;
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
    current_ = publishers_.size();
    for (const auto sort : {Sort::unknown, Sort::tracepoints, Sort::rpc, Sort::log, Sort::p2p, Sort::tool})
        tick(sort, now);
    return gone;
}

void Health::tick(Sort sort, const Moment& now)
{
    const auto is_of_sort = [sort](const Publisher& publisher) { return publisher.sort == sort; };
    const auto count = std::ranges::count_if(publishers_, is_of_sort);
    BySort& shown = sorts_[static_cast<std::size_t>(sort)];
    if (sort == Sort::unknown) {
        const auto first = std::ranges::find_if(publishers_, is_of_sort); // in the order in which they were first heard
        if (first == publishers_.end()) shown.age.clear();
        shown.last_event = first == publishers_.end() ? TimePoint{} : first->first_heard;
    }
    shown.heard |= count > 0;
    if (shown.heard) shown.up.set(static_cast<double>(count));
    if (shown.last_event != TimePoint{})
        shown.age.set(std::chrono::duration<double>(now.steady - shown.last_event).count());

    const bool has_twins = (sort == Sort::tracepoints || sort == Sort::rpc || sort == Sort::log || sort == Sort::p2p) &&
                           std::ranges::count_if(publishers_, [&](const Publisher& publisher) {
                               return is_of_sort(publisher) && now.steady - publisher.first_heard > kReplacement;
                           }) > 1;
    if (has_twins && !shown.has_twins) twins_ = kSortNames[static_cast<std::size_t>(sort)];
    shown.has_twins = has_twins;
}

} // namespace peer_observer::metrics
