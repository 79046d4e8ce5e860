// The traced program's file: waits for it, attaches to it, and attaches again when another file takes its place.
#pragma once

#include "services/extractor/tracer.h"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::extractor {

enum class AttachState : std::uint8_t {
    disabled,
    waiting, ///< for the file
    attached,
    absent, ///< the file has no such probe
    failed,
};

class Target {
public:
    using Log = std::function<void(bool is_warning, const std::string& line)>;

    Target(std::string path, Tracer& tracer, const TracepointSet& enabled, Log log);

    /// Looks at the file. Call it every now and then; it costs one stat() when nothing has changed.
    /// Throws std::runtime_error when this process is not allowed to attach, or when nothing can be attached at first.
    void check();

    const std::array<AttachState, TRACEPOINT_COUNT>& states() const { return states_; }
    std::size_t attached_count() const;

private:
    /// What distinguishes one file at the path from the next. A probe belongs to an inode, not to a path.
    struct Identity {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t modified_ns = 0;
        bool operator==(const Identity&) const = default;
        bool same_file(const Identity& other) const { return device == other.device && inode == other.inode; }
    };
    struct Generation {
        Identity identity;
        std::vector<Link> links;
    };

    std::optional<Identity> identify() const;
    void attach(const Identity& identity);

    std::string path_;
    Tracer& tracer_;
    TracepointSet enabled_;
    Log log_;
    std::optional<Identity> seen_;     ///< by the last check
    std::optional<Identity> attached_; ///< the last one attached to, or found impossible to attach to
    bool reported_missing_ = false;
    std::deque<Generation> generations_;
    std::array<AttachState, TRACEPOINT_COUNT> states_{};
};

} // namespace peer_observer::extractor
