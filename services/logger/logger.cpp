#include "services/logger/logger.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace peer_observer::logger {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a signal, a closed pipe or the end of --duration may go unnoticed while no event comes.
constexpr milliseconds kWait{100};

milliseconds time_to_wait(std::optional<Clock::time_point> end)
{
    if (!end) return kWait;
    return std::clamp(std::chrono::ceil<milliseconds>(*end - Clock::now()), milliseconds{0}, kWait);
}

} // namespace

Logger::Logger(bus::Subscriber& subscriber, BatchPrinter printer, Output output)
    : subscriber_{subscriber}, printer_{std::move(printer)}, output_{std::move(output)}
{}

void Logger::run(const Limits& limits, app::Context& context)
{
    std::optional<Clock::time_point> end;
    if (limits.duration) end = Clock::now() + *limits.duration;

    while (!context.stopping() && printed_ < limits.events && (!end || Clock::now() < *end) && !output_.is_closed()) {
        const auto statistics = subscriber_.statistics();
        context.alive(fmt::format("{} events printed, {} missed, {} sources connected", printed_.load(),
                                  statistics.missed_events, statistics.connected_sources));
        auto batch = subscriber_.receive(milliseconds{0});
        if (!batch) {
            output_.flush();
            batch = subscriber_.receive(time_to_wait(end));
        }
        if (!batch) continue;
        printed_ += printer_.append(*batch, limits.events - printed_, output_.buffer());
        output_.write_if_full();
    }
    output_.flush();
}

} // namespace peer_observer::logger
