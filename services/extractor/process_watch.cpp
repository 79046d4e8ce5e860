#include "services/extractor/process_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace peer_observer::extractor {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 10s; // a node that starts with this program, or starts again, is not missed yet
constexpr auto kPause = 60s; // between two lines about none
constexpr std::size_t kMostNamed = 5;

bool contains(const std::vector<Process>& processes, const ProcessId& id)
{
    return std::ranges::find(processes, id, &Process::id) != processes.end();
}

} // namespace

void ProcessWatch::update(std::vector<Process> running, const std::vector<Process>& similar, bool saw_all,
                          Clock::time_point now)
{
    tell_changes(running);
    running_ = std::move(running);
    count_.reset();
    if (saw_all || !running_.empty()) count_ = running_.size();
    if (!saw_all && !std::exchange(told_hidden_, true))
        spdlog::warn("cannot see all processes that run {}: this needs CAP_SYS_PTRACE, and a /proc that does "
                     "not hide them (ProtectProc=, hidepid=)",
                     name_);
    if (count_ == 0U) return tell_absence(similar, now);
    none_since_.reset();
    told_absence_.reset();
}

void ProcessWatch::tell_changes(const std::vector<Process>& running)
{
    for (const auto& process : running)
        if (!contains(running_, process.id)) spdlog::info("process {} runs {}", process.id.pid, process.path);
    for (const auto& process : running_)
        if (!contains(running, process.id)) spdlog::info("process {} no longer runs {}", process.id.pid, process.path);
}

void ProcessWatch::tell_absence(const std::vector<Process>& similar, Clock::time_point now)
{
    if (!none_since_) none_since_ = now;
    if (now - *none_since_ < kGrace) return;
    std::string others;
    for (std::size_t i = 0; i < std::min(similar.size(), kMostNamed); ++i)
        others += fmt::format("; process {} runs {}, another file", similar[i].id.pid, similar[i].path);
    if (told_absence_ && (told_absence_ == others || now < next_absence_)) return;
    told_absence_ = others;
    next_absence_ = now + kPause;
    spdlog::warn("no process runs {}{}", name_, others);
}

} // namespace peer_observer::extractor
