#include "libs/app/signals.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace peer_observer::app {
namespace {

// A signal handler sees nothing but globals.
std::atomic<bool> stop_asked{false};
std::atomic<int> stop_event{-1};
std::atomic<bool> reload_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_stop_signal(int number)
{
    if (stop_asked.exchange(true)) _exit(128 + number);
    const int saved_errno = errno;
    const std::uint64_t one = 1;
    (void)!write(stop_event, &one, sizeof(one));
    errno = saved_errno;
}

extern "C" void on_reload_signal(int) { reload_asked = true; }

struct sigaction make_action(void (*handler)(int))
{
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART; // not every library expects EINTR
    sigemptyset(&action.sa_mask);
    return action;
}

} // namespace

StopSignals::StopSignals()
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
    stop_asked = false;
    stop_event = fd;
    const auto stop = make_action(on_stop_signal);
    const auto ignore = make_action(SIG_IGN);
    sigaction(SIGTERM, &stop, &old_term_);
    sigaction(SIGINT, &stop, &old_int_);
    sigaction(SIGPIPE, &ignore, &old_pipe_);
}

StopSignals::~StopSignals()
{
    sigaction(SIGTERM, &old_term_, nullptr);
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGPIPE, &old_pipe_, nullptr);
    close(stop_event.exchange(-1));
}

bool StopSignals::stopping() const noexcept { return stop_asked; }

int StopSignals::fd() const noexcept { return stop_event; }

ReloadSignal::ReloadSignal()
{
    reload_asked = false;
    const auto action = make_action(on_reload_signal);
    sigaction(SIGHUP, &action, &old_);
}

ReloadSignal::~ReloadSignal() { sigaction(SIGHUP, &old_, nullptr); }

bool ReloadSignal::take() noexcept { return reload_asked.exchange(false); }

} // namespace peer_observer::app
