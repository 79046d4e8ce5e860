// Any events, one behind the other, each behind its length in two bytes: no crash, no undefined behaviour, and a
// bounded page of metrics.
#include "libs/app/logging.h"
#include "libs/bus/frame.h"
#include "services/metrics/observer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace peer_observer;

/// A frame of the node "a" that has these events.
std::string make_frame(std::string_view events)
{
    std::string frame;
    bus::begin_frame(frame, "a", 1, 0);
    while (events.size() >= 2) {
        const std::size_t wanted = static_cast<std::uint8_t>(events[0]) * 256U + static_cast<std::uint8_t>(events[1]);
        const auto event = events.substr(2, wanted);
        events.remove_prefix(2 + event.size());
        events::append_event(frame, event);
    }
    return frame;
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***)
{
    peer_observer::app::silence_protobuf();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto frame = make_frame({reinterpret_cast<const char*>(data), size});
    const auto parsed = bus::parse_frame(frame);
    if (!parsed) std::abort();

    metrics::Registry registry;
    const metrics::IpLists lists{{}, registry};
    auto now = metrics::Moment::now();
    metrics::Observer observer{registry, lists, {}, now};
    observer.observe(bus::Batch{*parsed}, now);
    now = metrics::Moment::now();
    observer.tick(now);
    std::size_t series = 0;
    for (const auto& family : registry.collectable()->Collect())
        series += family.metric.size();
    if (series > 100'000) std::abort();
    return 0;
}
