// The files that are attached to, each at most once, and those that could not be: retried, less and less often.
#pragma once

#include "services/extractor/attachment.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <string>

namespace peer_observer::extractor {

class Attachments {
public:
    Attachments(Tracer& tracer, const TracepointSet& enabled);

    /// Attaches to what `path` leads to, unless that is done. `seen` is what it has just led to; `name` is for people.
    /// Nothing when it cannot be read or is no program; then it is retried when it changes, or after a while.
    /// Throws std::runtime_error when this process is not allowed to attach, or when nothing can be attached at first.
    Attachment* want(const std::string& path, const std::string& name, const FileSignature& seen);

    Attachment* find(const FileId& id);
    std::list<Attachment>& all() { return all_; } ///< the oldest first
    const std::list<Attachment>& all() const { return all_; }

private:
    using Clock = std::chrono::steady_clock;
    struct Attempt {
        FileSignature signature;
        Clock::time_point next;
        std::chrono::seconds delay{1};
        std::string problem; ///< that was told
    };

    void tell_once(Attempt& attempt, const std::string& problem);
    void drop_changed(const FileId& id);

    Tracer& tracer_;
    TracepointSet enabled_;
    std::list<Attachment> all_;
    std::map<FileId, Attempt> attempts_;
    bool has_ever_attached_ = false;
};

} // namespace peer_observer::extractor
