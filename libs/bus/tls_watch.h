// Notices that the files of tls+tcp:// were replaced.
#pragma once

#include "libs/bus/notices.h"
#include "libs/bus/tls.h"

#include <sys/types.h>

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>

namespace peer_observer::bus {

class TlsWatch {
public:
    using Clock = std::chrono::steady_clock;

    /// To be made before the files are read for the first time. Without files it never notices anything.
    explicit TlsWatch(std::optional<TlsFiles> files);

    /// Looks at the files once a second at most. Calls `use` with them where one was replaced, and returns what the
    /// operator wants to know: that they are used now or, where `use` throws, that the ones read before stay in use.
    std::optional<Notice> look(Clock::time_point now, const std::function<void(const TlsFiles&)>& use);

private:
    struct Version {
        dev_t device = 0;
        ino_t inode = 0;
        off_t bytes = 0;
        std::int64_t changed_ns = 0;
        auto operator<=>(const Version&) const = default;
    };
    using Versions = std::array<Version, 2>;

    static Version version_of(const std::string& file);
    static Versions versions_of(const TlsFiles& files);

    std::optional<TlsFiles> files_;
    Versions read_{};
    Clock::time_point next_look_ = Clock::time_point::min();
};

} // namespace peer_observer::bus
