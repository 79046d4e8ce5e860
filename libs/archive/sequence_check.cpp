#include "libs/archive/sequence_check.h"

#include <algorithm>
#include <limits>

namespace peer_observer::archive {
namespace {

// A file whose header cannot be read may name any number of publishers.
constexpr std::size_t kMaxPublishers = 4096;

} // namespace

SequenceCheck::Finding SequenceCheck::next(const events::Batch& batch)
{
    return next(batch.publisher_id, batch.first_sequence, batch.event_count);
}

SequenceCheck::Finding SequenceCheck::next(const proto::ArchiveGap& gap)
{
    return next(gap.source().publisher_id(), gap.first_sequence(), gap.count());
}

SequenceCheck::Finding SequenceCheck::next(std::uint64_t publisher_id, std::uint64_t first_sequence,
                                           std::uint64_t count)
{
    if (expected_.size() >= kMaxPublishers && !expected_.contains(publisher_id)) expected_.erase(expected_.begin());
    const auto [entry, is_new] = expected_.try_emplace(publisher_id, first_sequence);
    Finding finding{.expected = entry->second, .went_backwards = first_sequence < entry->second};
    if (!finding.went_backwards) finding.hole = first_sequence - entry->second;
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - first_sequence;
    entry->second = first_sequence + std::min(count, room);
    return finding;
}

} // namespace peer_observer::archive
