// The content of a frame: varint-delimited EventBatches.
#pragma once

#include "libs/archive/frame_contents.h"
#include "libs/events/batch.h"
#include "proto/archive.pb.h"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::archive {

/// Gathers the batches of one frame.
struct Content {
    std::string bytes;
    proto::ArchiveFrame frame; ///< what the index says about them; without offset and size

    /// Leaves out batches without events: heartbeats, and marks of a publisher's end. `contents`: learns of the events.
    void add(const events::Batch& batch, FrameContents* contents = nullptr);
};

/// Adds a batch to what the index says about its frame, and to what there is to search for.
void describe(proto::ArchiveFrame& frame, const events::Batch& batch, FrameContents* contents = nullptr);

/// Whether nobody knows how many events are missing there.
inline bool has_unknown_count(const proto::ArchiveGap& gap)
{
    return gap.cause() == proto::ArchiveGap::PUBLISHER_CRASHED || gap.cause() == proto::ArchiveGap::NOT_CREDIBLE;
}

/// The number behind the gap's last one.
inline std::uint64_t end_sequence(const proto::ArchiveGap& gap)
{
    return gap.first_sequence() +
           std::min(gap.count(), std::numeric_limits<std::uint64_t>::max() - gap.first_sequence());
}

/// The batches in `content`, which they view. The error says what is wrong, and at which byte of the content.
std::expected<std::vector<events::Batch>, std::string> split_content(std::string_view content);

} // namespace peer_observer::archive
