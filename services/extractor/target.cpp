#include "services/extractor/target.h"

#include "services/extractor/elf_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace peer_observer::extractor {
namespace {

// A node goes on with the file that it was started from when another takes its place. So many files stay attached.
constexpr std::size_t kMostGenerations = 8;

} // namespace

Target::Target(std::string path, Tracer& tracer, const TracepointSet& enabled, Log log)
    : path_{std::move(path)}, tracer_{tracer}, enabled_{enabled}, log_{std::move(log)}
{
    for (std::size_t i = 0; i < states_.size(); ++i)
        states_[i] = enabled[i] ? AttachState::waiting : AttachState::disabled;
}

std::optional<Target::Identity> Target::identify() const
{
    struct stat file{};
    if (stat(path_.c_str(), &file) != 0) return std::nullopt;
    return Identity{file.st_dev, file.st_ino, file.st_size,
                    std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec};
}

void Target::check()
{
    const auto identity = identify();
    if (!identity) {
        if (!std::exchange(reported_missing_, true))
            log_(true, fmt::format("waiting for {}: there is no such file", path_));
        seen_.reset();
        return;
    }
    reported_missing_ = false;
    // A file that is still being written changes from one check to the next. The first one that is found is taken at
    // once.
    const bool settled = !attached_ || seen_ == identity;
    seen_ = identity;
    if (settled && attached_ != identity) attach(*identity);
}

void Target::attach(const Identity& identity)
{
    const bool is_replacement = attached_.has_value();
    attached_ = identity;
    std::vector<UsdtNote> notes;
    try {
        notes = read_usdt_notes(path_);
    } catch (const std::runtime_error& error) {
        log_(true, error.what());
        return;
    }
    if (is_replacement) log_(false, fmt::format("{} is another file now: attaching to it", path_));

    // The probes of a file whose content has changed in place are no longer where they were.
    std::erase_if(generations_, [&](const Generation& generation) { return generation.identity.same_file(identity); });
    Generation generation{identity, {}};
    std::vector<std::string> attached;
    std::vector<std::string> absent;

    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        if (!enabled_[i]) continue;
        const auto& row = kTracepoints[i];
        const auto is_row = [&](const UsdtNote& note) {
            return note.provider == row.provider && note.name == row.name;
        };
        const auto note = std::ranges::find_if(notes, is_row);
        if (note == notes.end()) {
            states_[i] = AttachState::absent;
            absent.push_back(row.full_name());
            continue;
        }
        states_[i] = AttachState::failed;
        if (note->argument_count() != row.argument_count()) {
            log_(true, fmt::format("{}: {} has {} arguments, not {}: not attached", path_, row.full_name(),
                                   note->argument_count(), row.argument_count()));
            continue;
        }
        auto link = tracer_.attach(i, path_);
        if (!link) {
            log_(true, fmt::format("{}: cannot attach {}: {}", path_, row.full_name(), link.error()));
            continue;
        }
        generation.links.push_back(std::move(*link));
        states_[i] = AttachState::attached;
        attached.push_back(row.full_name());
    }

    for (const auto& name : attached)
        log_(false, fmt::format("attached {}", name));
    if (!absent.empty()) log_(notes.empty(), fmt::format("{} does not have {}", path_, fmt::join(absent, ", ")));
    log_(attached.empty(),
         fmt::format("attached {} of {} tracepoints to {}", attached.size(), enabled_.count(), path_));
    if (attached.empty() && absent.size() < enabled_.count() && !is_replacement)
        throw std::runtime_error{fmt::format("{}: none of its probes could be attached", path_)};

    generations_.push_back(std::move(generation));
    if (generations_.size() > kMostGenerations) {
        log_(true, "a node that still runs the file of eight replacements ago is no longer traced");
        generations_.pop_front();
    }
}

std::size_t Target::attached_count() const
{
    return static_cast<std::size_t>(std::ranges::count(states_, AttachState::attached));
}

} // namespace peer_observer::extractor
