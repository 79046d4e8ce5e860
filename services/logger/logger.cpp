#include "services/logger/logger.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace peer_observer::logger {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a signal, a closed pipe or the end of --duration may go unnoticed while no event comes.
constexpr milliseconds kWait{100};
// Of a reader that takes nothing, when we are asked to stop.
constexpr std::chrono::seconds kLongestFarewell{1};

milliseconds time_to_wait(std::optional<Clock::time_point> end)
{
    if (!end) return kWait;
    return std::clamp(std::chrono::ceil<milliseconds>(*end - Clock::now()), milliseconds{0}, kWait);
}

} // namespace

Logger::Logger(bus::Subscriber& subscriber, BatchPrinter printer, int output, app::Context& context,
               std::function<void()> on_turn)
    : subscriber_{subscriber}, printer_{std::move(printer)}, context_{context}, on_turn_{std::move(on_turn)},
      output_{output, [this](auto waited) { return keep_waiting(waited); }}
{}

void Logger::run(const Limits& limits)
{
    std::optional<Clock::time_point> end;
    if (limits.duration) end = Clock::now() + *limits.duration;

    while (!context_.stopping() && printed_ < limits.events && (!end || Clock::now() < *end) && !output_.is_closed()) {
        context_.alive(status());
        on_turn_();
        auto batch = subscriber_.receive(milliseconds{0});
        if (!batch) {
            output_.flush();
            batch = subscriber_.receive(time_to_wait(end));
        }
        if (!batch) continue;
        printed_ += printer_.append_received(*batch, limits.events - printed_, output_.buffer());
        output_.write_if_full();
    }
    output_.flush();
    if (output_.dropped_bytes() > 0)
        spdlog::warn("stopped while stdout was not read: {} bytes were not printed", output_.dropped_bytes());
}

/// The main loop is not stuck while it waits for its reader: the watchdog must not end it, SIGTERM must.
bool Logger::keep_waiting(Clock::duration waited)
{
    context_.alive(status() + ", waiting for the reader of stdout");
    return !context_.stopping() || waited < kLongestFarewell;
}

std::string Logger::status() const
{
    const auto statistics = subscriber_.statistics();
    return fmt::format("{} events printed, {} missed, {} sources connected", printed_.load(), statistics.missed_events,
                       statistics.connected_sources);
}

} // namespace peer_observer::logger
