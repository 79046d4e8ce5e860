// Which sources of a subscriber are connected, and what is to be said about their coming and going.
#pragma once

#include "libs/bus/notices.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::bus {

class Sources {
public:
    explicit Sources(const std::vector<std::string>& urls);

    /// Called on nng's threads.
    void changed(std::size_t source, bool connected);

    /// One line a source that came or went since the last call, unless there was one within the last second: then that
    /// line is kept for a later call.
    std::vector<std::string> take_notices(NoticeLimit::Clock::time_point now);

    std::uint64_t connected() const;

private:
    struct Source {
        std::string url;
        bool connected = false;
        std::uint64_t changes = 0;
        std::uint64_t changes_told = 0;
        NoticeLimit::Clock::time_point next_notice = NoticeLimit::Clock::time_point::min();
    };

    mutable std::mutex mutex_;
    std::vector<Source> sources_;
};

} // namespace peer_observer::bus
