#include "libs/app/systemd.h"

#include <systemd/sd-daemon.h>

namespace peer_observer::app {

Systemd::Systemd()
{
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) > 0) watchdog_interval_ = std::chrono::microseconds{microseconds / 4};
}

void Systemd::ready() { sd_notify(0, "READY=1"); }

void Systemd::alive(const std::string& status, Clock::time_point now)
{
    if (watchdog_interval_ > Clock::duration::zero() && now >= next_watchdog_) {
        sd_notify(0, "WATCHDOG=1");
        next_watchdog_ = now + watchdog_interval_;
    }
    if (now >= next_status_) {
        sd_notify(0, ("STATUS=" + status).c_str());
        next_status_ = now + std::chrono::seconds{5};
    }
}

void Systemd::stopping()
{
    if (!told_stopping_) sd_notify(0, "STOPPING=1");
    told_stopping_ = true;
}

} // namespace peer_observer::app
