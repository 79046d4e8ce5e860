// SIGTERM and SIGINT as a flag and a file descriptor; SIGHUP as a flag.
#pragma once

#include <csignal>

namespace peer_observer::app {

/// One at a time in a process. While it lives: the first SIGTERM or SIGINT is noted, a second one ends the process with
/// status 128 + its number, and SIGPIPE is ignored.
class StopSignals {
public:
    /// Throws std::system_error.
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    bool stopping() const noexcept;
    /// Readable once stopping() is true.
    int fd() const noexcept;

private:
    struct sigaction old_term_{};
    struct sigaction old_int_{};
    struct sigaction old_pipe_{};
};

/// One at a time in a process, for services that have something to read again. While it lives, SIGHUP is noted; it ends
/// the process otherwise.
class ReloadSignal {
public:
    ReloadSignal();
    ~ReloadSignal();
    ReloadSignal(const ReloadSignal&) = delete;
    ReloadSignal& operator=(const ReloadSignal&) = delete;

    /// Whether SIGHUP has come since the last call.
    bool take() noexcept;

private:
    struct sigaction old_{};
};

} // namespace peer_observer::app
