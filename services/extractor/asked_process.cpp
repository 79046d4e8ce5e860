#include "services/extractor/asked_process.h"

#include "libs/base/regular_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <csignal>

namespace peer_observer::extractor {

std::expected<std::uint32_t, std::string> AskedProcess::read_pid() const
{
    constexpr std::size_t kMostBytes = 64;
    if (pid_ != 0) return pid_;
    const auto text = base::read_regular_file(pid_file_, kMostBytes);
    if (!text) return std::unexpected{fmt::format("{}: {}", pid_file_, text.error().reason)};
    const auto first = text->find_first_not_of(" \t");
    const auto last = text->find_last_not_of(" \t\r\n");
    std::int32_t pid = 0;
    if (last != std::string::npos && first <= last) {
        const char* const end = text->data() + last + 1;
        const auto [stop, error] = std::from_chars(text->data() + first, end, pid);
        if (error != std::errc{} || stop != end) pid = 0;
    }
    if (pid <= 0) return std::unexpected{fmt::format("{}: there is no process id in it", pid_file_)};
    return static_cast<std::uint32_t>(pid);
}

std::expected<ProcessId, std::string> AskedProcess::find() const
{
    const auto pid = read_pid();
    if (!pid) return std::unexpected{pid.error()};
    const auto id = process_id(*pid);
    if (id) return *id;
    // kill() tells also where /proc hides other users' processes; of one that has ended and was not waited for, /proc.
    if (id.error() != ESRCH && (kill(static_cast<pid_t>(*pid), 0) == 0 || errno == EPERM)) return ProcessId{*pid};
    return std::unexpected{fmt::format("{}there is no process {}", pid_file_.empty() ? "" : pid_file_ + ": ", *pid)};
}

} // namespace peer_observer::extractor
