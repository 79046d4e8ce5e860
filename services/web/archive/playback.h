// Events of archive files, in the order of their time, from a moment on and as far as somebody wants to see.
#pragma once

#include "libs/archive/tracks.h"
#include "services/web/archive/catalog.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace peer_observer::web {

class Playback {
public:
    using OnBatch = std::function<void(const events::Batch&)>;
    using OnGap = std::function<void(const proto::ArchiveGap&)>;

    /// Of a window of this length: files that begin later are not opened.
    static constexpr std::uint64_t kWindowNs = 24 * 3600 * std::uint64_t{1'000'000'000};

    Playback(const std::vector<ArchiveFile>& files, std::uint64_t from_ns);

    /// Passes on the events before `to_ns`, about `most_events` of them at most. A batch may be passed on in parts.
    void play(std::uint64_t to_ns, std::uint64_t most_events, const OnBatch& on_batch, const OnGap& on_gap);

    /// Everything before this time has been passed on.
    std::uint64_t played_until_ns() const { return played_until_ns_; }
    bool is_at_end() { return tracks_.front() == nullptr; }

private:
    archive::Range range_;
    archive::Tracks tracks_;
    std::uint64_t played_until_ns_;
};

} // namespace peer_observer::web
