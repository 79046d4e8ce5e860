#include "services/extractor/target.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

namespace peer_observer::extractor {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A node continues with the file that it was started from when another takes its place. So many files stay attached.
constexpr std::size_t kMostFiles = 8;
constexpr auto kRoundInterval = 1s;
// Processes to look at in one go: some 10 microseconds each, in which no event is taken from the ring.
constexpr std::size_t kStep = 256;
// Rounds that have to find nobody before a file that was replaced is left alone: a process may start while a round is
// under way.
constexpr int kUnusedRounds = 3;
// Matches no process.
constexpr std::uint32_t kNoProcess = std::numeric_limits<std::uint32_t>::max();

/// What a node's program is called when it is not what the path leads to: `bitcoin -m` runs libexec/bitcoin-node.
bool has_name_of_node(const std::string& path, const std::string& traced)
{
    constexpr std::size_t kNameBytes = 15; // what the kernel keeps of a process's name
    const auto name = path.substr(path.rfind('/') + 1);
    const auto own = traced.substr(traced.rfind('/') + 1);
    return std::ranges::any_of(std::array<std::string, 3>{"bitcoind", "bitcoin-node", own},
                               [&](const auto& known) { return name.starts_with(known.substr(0, kNameBytes)); });
}

FileId id_behind(const std::string& path)
{
    struct stat file{};
    return stat(path.c_str(), &file) == 0 ? signature_of(file).id : FileId{};
}

} // namespace

Target::Target(const TargetOptions& options, Tracer& tracer, const TracepointSet& enabled)
    : options_{options}, asked_{options.pid, options.pid_file}, tracer_{tracer}, enabled_{enabled},
      attachments_{tracer, enabled}, watch_{options.path}
{
    tracer_.filter_pid(asked_.is_one() ? kNoProcess : 0);
}

void Target::check()
{
    if (asked_.is_one()) return check_asked();
    check_path();
    check_processes();
}

void Target::check_path()
{
    struct stat file{};
    if (stat(options_.path.c_str(), &file) != 0) {
        const int error = errno;
        if (std::exchange(missing_, error) != error)
            spdlog::warn("waiting for {}: {}", options_.path, std::generic_category().message(error));
        seen_.reset();
        return;
    }
    missing_ = 0;
    const auto seen = signature_of(file);
    // A file that is still being written changes from one look to the next. The first one that is found is taken at
    // once, and one that is attached is looked at, as its probes may have moved.
    const bool settled = !current_ || seen_ == seen || attachments_.find(seen.id) != nullptr;
    seen_ = seen;
    if (!settled) return;
    if (current_ && *current_ != seen.id && !asked_.is_one())
        spdlog::info("{} was replaced: attaching to the new file", options_.path);
    current_ = seen.id;
    is_current_readable_ = attachments_.want(options_.path, options_.path, seen) != nullptr;
    if (asked_.is_one() && is_current_readable_) keep_only(seen.id);
}

void Target::check_asked()
{
    const auto id = asked_.find();
    if (id) return observe(*id);
    tracer_.filter_pid(kNoProcess);
    observed_ = {};
    observed_count_ = 0;
    tell_once(fmt::format("no process to trace: {}", id.error()));
    // So that its first event is seen once it starts.
    if (!options_.path.empty()) check_path();
}

void Target::observe(const ProcessId& id)
{
    const auto process = look_at_process(id.pid);
    if (!process) {
        tell_once(fmt::format("cannot see which program process {} runs: {}", id.pid,
                              std::generic_category().message(process.error())));
        observed_count_.reset();
        if (!options_.path.empty()) check_path();
    } else {
        // Only what this process runs: another inode can be the same file, in two containers of one image, and each
        // event would come twice.
        keep_only(process->program.id);
        const auto* const attached = attachments_.want(process->program_link(), process->path, process->program);
        current_ = process->program.id;
        is_current_readable_ = attached != nullptr;
        observed_count_ = attached != nullptr && attached->count(AttachState::attached) > 0 ? 1 : 0;
        if (options_.path.empty() || id_behind(options_.path) == process->program.id)
            told_asked_.clear();
        else
            tell_once(fmt::format("process {} runs {}, not {}", id.pid, process->path, options_.path));
    }
    tracer_.filter_pid(id.pid);
    if (std::exchange(observed_, id) != id) spdlog::info("tracing process {}", id.pid);
}

void Target::tell_once(const std::string& line)
{
    if (std::exchange(told_asked_, line) != line) spdlog::warn("{}", line);
}

void Target::keep_only(const FileId& id)
{
    std::erase_if(attachments_.all(), [&](const auto& one) { return one.signature().id != id; });
}

void Target::check_processes()
{
    const auto now = Clock::now();
    if (!in_round_) {
        if (now < next_round_) return;
        next_round_ = now + kRoundInterval;
    }
    const auto is_interesting = [this](const FileId& program, const std::string& path) {
        return attachments_.find(program) != nullptr || has_name_of_node(path, options_.path);
    };
    // The first round to its end: who is ready has found all processes.
    const std::size_t step = std::exchange(had_round_, true) ? kStep : std::numeric_limits<std::size_t>::max();
    in_round_ = !rounds_.step(step, is_interesting);
    if (in_round_) return;

    for (const auto& process : rounds_.found())
        if (attachments_.find(process.program.id) == nullptr && is_replaced(process))
            attachments_.want(process.program_link(), process.path, process.program);
    std::vector<Process> running;
    std::vector<Process> similar;
    for (const auto& process : rounds_.found()) {
        const bool runs_it = attachments_.find(process.program.id) != nullptr;
        if (runs_it || has_name_of_node(process.path, options_.path)) (runs_it ? running : similar).push_back(process);
    }
    drop_unused(running);
    watch_.update(std::move(running), similar, rounds_.saw_all());
}

bool Target::is_replaced(const Process& process) const
{
    std::error_code error;
    const auto path = std::filesystem::weakly_canonical(options_.path, error);
    if (error || process.path != path.string() + " (deleted)") return false;
    // A container's program may have the same path. It is of another file system, and of another mount namespace.
    return process.program.id.device == id_behind(path.parent_path()).device ||
           (seen_ && process.program.id.device == seen_->id.device) ||
           id_behind(fmt::format("/proc/{}/ns/mnt", process.id.pid)) == id_behind("/proc/self/ns/mnt");
}

void Target::drop_unused(const std::vector<Process>& running)
{
    auto& all = attachments_.all();
    const auto runs = [&](const Attachment& one) {
        return std::ranges::any_of(running,
                                   [&](const auto& process) { return process.program.id == one.signature().id; });
    };
    std::erase_if(all, [&](auto& one) {
        const bool is_used = one.signature().id == current_ || runs(one) || !rounds_.saw_all();
        return one.count_unused(is_used) >= kUnusedRounds;
    });
    while (all.size() > kMostFiles) {
        const auto oldest = std::ranges::find_if(all, [&](const auto& one) { return one.signature().id != current_; });
        if (runs(*oldest))
            spdlog::warn("detached from the oldest of {} replaced programs, which a node still runs: {}", all.size(),
                         oldest->name());
        all.erase(oldest);
    }
}

AttachStates Target::states() const
{
    AttachStates states = states_of_all(enabled_, is_current_readable_ ? AttachState::waiting : AttachState::failed);
    for (const auto& one : attachments_.all()) {
        for (std::size_t i = 0; i < states.size(); ++i) {
            const bool is_current = one.signature().id == current_ || attachments_.all().size() == 1;
            if (is_current || one.states()[i] == AttachState::failed) states[i] = one.states()[i];
        }
    }
    return states;
}

std::size_t Target::attached_count() const
{
    return static_cast<std::size_t>(std::ranges::count(states(), AttachState::attached));
}

std::optional<std::size_t> Target::process_count() const { return asked_.is_one() ? observed_count_ : watch_.count(); }

} // namespace peer_observer::extractor
