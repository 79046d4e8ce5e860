#include "services/extractor/attachments.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace peer_observer::extractor {
namespace {

constexpr std::chrono::seconds kLongestDelay{60};
constexpr std::size_t kMostAttempts = 64;

bool is_script(const base::RegularFile& file)
{
    std::array<char, 2> begin{};
    return pread(file.descriptor(), begin.data(), begin.size(), 0) == 2 && begin == std::array{'#', '!'};
}

} // namespace

Attachments::Attachments(Tracer& tracer, const TracepointSet& enabled) : tracer_{tracer}, enabled_{enabled} {}

Attachment* Attachments::find(const FileId& id)
{
    const auto found = std::ranges::find_if(all_, [&](const auto& one) { return one.signature().id == id; });
    return found == all_.end() ? nullptr : &*found;
}

void Attachments::tell_once(Attempt& attempt, const std::string& problem)
{
    if (std::exchange(attempt.problem, problem) != problem) spdlog::warn("{}", problem);
}

void Attachments::drop_changed(const FileId& id)
{
    const auto* const attached = find(id);
    if (attached == nullptr) return;
    // At once: its probes are no longer where they were, and a process that starts now would run into the old ones.
    spdlog::warn("{} was overwritten in place: its processes are not traced until it is attached again",
                 attached->name());
    std::erase_if(all_, [&](const auto& one) { return one.signature().id == id; });
}

Attachment* Attachments::want(const std::string& path, const std::string& name, const FileSignature& seen)
{
    Attachment* attached = find(seen.id);
    if (attached != nullptr && attached->signature().same_content(seen) && !attached->may_attach_more())
        return attached;
    if (attempts_.size() == kMostAttempts && !attempts_.contains(seen.id)) attempts_.clear();
    Attempt& attempt = attempts_[seen.id];
    if (attempt.signature != seen) attempt = {seen, {}, std::chrono::seconds{1}, std::move(attempt.problem)};
    const auto now = Clock::now();
    if (now < attempt.next) return attached;
    attempt.next = now + attempt.delay;
    attempt.delay = std::min(attempt.delay * 2, kLongestDelay);

    const auto file = base::RegularFile::open(path);
    if (!file) {
        tell_once(attempt, fmt::format("cannot read {}: {}", name, file.error().reason));
        return attached;
    }
    // The file that is open may be another than the one seen, if the path was given to another meanwhile.
    const auto signature = signature_of(file->status());
    ProgramNotes notes;
    try {
        notes = read_program_notes(file->descriptor(), name);
    } catch (const std::runtime_error& error) {
        drop_changed(signature.id);
        if (is_script(*file))
            tell_once(attempt,
                      fmt::format("{} is a script, not a program: give the path of the program that it starts", name));
        else
            tell_once(attempt, error.what());
        return nullptr;
    }
    attached = find(signature.id);
    if (attached != nullptr && attached->fingerprint() != notes.fingerprint) {
        drop_changed(signature.id);
        attached = nullptr;
    }
    if (attached == nullptr) attached = &all_.emplace_back(name, signature, std::move(notes), enabled_, tracer_);
    attached->set_signature(signature);
    attached->attach(*file);

    const bool is_attached = attached->count(AttachState::attached) > 0;
    if (!is_attached && !has_ever_attached_ && attached->count(AttachState::failed) > 0 &&
        !attached->has_temporary_error())
        throw std::runtime_error{fmt::format("{}: none of its probes could be attached", name)};
    has_ever_attached_ = has_ever_attached_ || is_attached;
    if (!attached->may_attach_more()) attempts_.erase(seen.id);
    return attached;
}

} // namespace peer_observer::extractor
