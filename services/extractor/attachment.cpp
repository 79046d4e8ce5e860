#include "services/extractor/attachment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace peer_observer::extractor {

AttachStates states_of_all(const TracepointSet& enabled, AttachState state)
{
    AttachStates states{};
    for (std::size_t i = 0; i < states.size(); ++i)
        states[i] = enabled[i] ? state : AttachState::disabled;
    return states;
}

Attachment::Attachment(std::string name, FileSignature signature, ProgramNotes notes, const TracepointSet& enabled,
                       Tracer& tracer)
    : name_{std::move(name)}, signature_{signature}, notes_{std::move(notes)}, tracer_{tracer},
      states_{states_of_all(enabled, AttachState::waiting)}
{}

void Attachment::attach(const base::RegularFile& file)
{
    const auto before = states_;
    has_temporary_error_ = false;
    for (std::size_t i = 0; i < states_.size(); ++i)
        if (states_[i] == AttachState::waiting || states_[i] == AttachState::failed) attach_one(i, file.descriptor());
    if (states_ == before) return;

    std::vector<std::string> absent;
    for (std::size_t i = 0; i < states_.size(); ++i) {
        if (states_[i] == before[i]) continue;
        const auto name = kTracepoints.at(i).full_name();
        if (states_[i] == AttachState::attached) spdlog::info("attached {}", name);
        if (states_[i] == AttachState::absent) absent.push_back(name);
    }
    const std::size_t enabled = states_.size() - count(AttachState::disabled);
    const std::size_t attached = count(AttachState::attached);
    if (!absent.empty())
        spdlog::log(absent.size() == enabled ? spdlog::level::warn : spdlog::level::info, "{} does not have {}", name_,
                    fmt::join(absent, ", "));
    spdlog::log(attached == 0 ? spdlog::level::warn : spdlog::level::info, "attached {} of {} tracepoints to {}",
                attached, enabled, name_);
}

void Attachment::attach_one(std::size_t tracepoint, int descriptor)
{
    if (is_unsuitable_.at(tracepoint)) return;
    const auto& row = kTracepoints.at(tracepoint);
    const auto note = std::ranges::find_if(
        notes_.usdt, [&](const UsdtNote& found) { return found.provider == row.provider && found.name == row.name; });
    if (note == notes_.usdt.end()) {
        states_.at(tracepoint) = AttachState::absent;
        return;
    }
    states_.at(tracepoint) = AttachState::failed;
    if (note->argument_count() != row.arguments.count) {
        is_unsuitable_.at(tracepoint) = true;
        spdlog::warn("{}: not attached to {}: it has {} arguments instead of {}", name_, row.full_name(),
                     note->argument_count(), row.arguments.count);
        return;
    }
    auto link = tracer_.attach(tracepoint, descriptor);
    if (link) {
        links_.push_back(std::move(*link));
        states_.at(tracepoint) = AttachState::attached;
        return;
    }
    if (link.error().is_temporary()) has_temporary_error_ = true;
    if (std::exchange(told_.at(tracepoint), link.error().reason) != link.error().reason)
        spdlog::warn("{}: cannot attach {}: {}", name_, row.full_name(), link.error().reason);
}

std::size_t Attachment::count(AttachState state) const
{
    return static_cast<std::size_t>(std::ranges::count(states_, state));
}

bool Attachment::may_attach_more() const
{
    for (std::size_t i = 0; i < states_.size(); ++i)
        if (states_[i] == AttachState::waiting || (states_[i] == AttachState::failed && !is_unsuitable_[i]))
            return true;
    return false;
}

} // namespace peer_observer::extractor
