// What systemd wants to be told (sd_notify(3)). Does nothing where systemd did not start the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace peer_observer::app {

class Systemd {
public:
    using Clock = std::chrono::steady_clock;

    Systemd();

    void ready();
    /// Passes the status on every five seconds, and feeds the watchdog four times within its time.
    void alive(const std::string& status, Clock::time_point now = Clock::now());
    /// Repeated calls tell it once.
    void stopping();

private:
    bool told_stopping_ = false;
    Clock::duration watchdog_interval_{}; ///< 0 = there is no watchdog
    Clock::time_point next_watchdog_{};
    Clock::time_point next_status_{};
};

} // namespace peer_observer::app
