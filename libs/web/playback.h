// Events of archive files, in the order of their time, from a moment on and as far as somebody wants to see.
#pragma once

#include "libs/archive/tracks.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace peer_observer::web {

class Playback {
public:
    using OnBatch = std::function<void(const events::Batch&)>;
    using OnGap = std::function<void(const proto::ArchiveGap&)>;

    Playback(const std::vector<std::filesystem::path>& files, const archive::Range& range,
             const archive::Track::OnDamage& on_damage = {});

    /// Passes on the events before `to_ns`, about `most_events` of them at most. A batch may be passed on in parts.
    void play(std::uint64_t to_ns, std::uint64_t most_events, const OnBatch& on_batch, const OnGap& on_gap);

    /// Everything before this time has been passed on.
    std::uint64_t played_until_ns() const { return played_until_ns_; }
    bool is_at_end() { return tracks_.front() == nullptr; }
    /// Of the files that were read.
    std::uint64_t bytes_done() const { return tracks_.bytes_done(); }

private:
    archive::Range range_;
    archive::Tracks tracks_;
    std::uint64_t played_until_ns_;
};

} // namespace peer_observer::web
