#include "services/extractor/processes.h"

#include "libs/base/regular_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <sstream>
#include <string_view>
#include <utility>

namespace peer_observer::extractor {
namespace {

/// The process id that a folder of /proc is named by; 0 for another folder.
std::uint32_t pid_of(std::string_view name)
{
    std::uint32_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    return error == std::errc{} && end == name.data() + name.size() ? pid : 0;
}

std::expected<FileSignature, int> program_of(std::uint32_t pid)
{
    struct stat file{};
    if (stat(fmt::format("/proc/{}/exe", pid).c_str(), &file) != 0) return std::unexpected{errno};
    return signature_of(file);
}

std::string path_of(std::uint32_t pid)
{
    std::array<char, PATH_MAX> path{};
    const auto size = readlink(fmt::format("/proc/{}/exe", pid).c_str(), path.data(), path.size());
    return {path.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// At most 15 characters.
std::string name_of(std::uint32_t pid)
{
    constexpr std::size_t kMostBytes = 64;
    auto name = base::read_regular_file(fmt::format("/proc/{}/comm", pid), kMostBytes).value_or("");
    if (name.ends_with('\n')) name.pop_back();
    return name;
}

} // namespace

std::string Process::program_link() const { return fmt::format("/proc/{}/exe", id.pid); }

std::expected<ProcessId, int> process_id(std::uint32_t pid)
{
    constexpr std::size_t kMostBytes = 4096;
    constexpr int kStartTime = 22; // see proc(5)
    const auto text = base::read_regular_file(fmt::format("/proc/{}/stat", pid), kMostBytes);
    if (!text) return std::unexpected{text.error().number};
    // The second field is the process's own, and may have anything in it.
    const auto bracket = text->rfind(')');
    if (bracket == std::string::npos) return std::unexpected{EINVAL};
    std::istringstream fields{text->substr(bracket + 1)};
    std::string word;
    for (int field = 3; field < kStartTime; ++field) {
        fields >> word;
        if (field == 3 && (word == "Z" || word == "X")) return std::unexpected{ESRCH}; // has ended
    }
    ProcessId id{pid};
    if (!(fields >> id.start_ticks)) return std::unexpected{EINVAL};
    return id;
}

std::expected<Process, int> look_at_process(std::uint32_t pid)
{
    const auto id = process_id(pid);
    if (!id) return std::unexpected{id.error()};
    const auto program = program_of(pid);
    if (!program) return std::unexpected{program.error()};
    return Process{*id, *program, path_of(pid)};
}

bool ProcessRounds::step(std::size_t most, const IsInteresting& is_interesting)
{
    if (!folder_) {
        folder_.reset(opendir("/proc"));
        found_so_far_.clear();
        sees_all_ = folder_ && access("/proc/1", F_OK) == 0; // hidepid=, ProtectProc=
    }
    for (; folder_ && most > 0; --most) {
        const dirent* const entry = readdir(folder_.get());
        if (entry == nullptr) folder_.reset();
        const auto pid = entry == nullptr ? 0 : pid_of(entry->d_name);
        if (pid == 0) continue;
        const auto program = program_of(pid);
        if (!program) {
            // Of a process that cannot be looked at, everybody may still know the name, unless /proc hides that, too.
            const bool is_closed = program.error() == EACCES || program.error() == EPERM;
            if (is_closed && is_interesting({}, name_of(pid))) sees_all_ = false;
            continue;
        }
        const auto path = path_of(pid);
        if (found_so_far_.size() == kMostFound || !is_interesting(program->id, path)) continue;
        if (const auto id = process_id(pid)) found_so_far_.push_back({*id, *program, path});
    }
    if (folder_) return false;
    found_ = std::exchange(found_so_far_, {});
    saw_all_ = sees_all_;
    return true;
}

} // namespace peer_observer::extractor
