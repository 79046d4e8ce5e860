// Follows the sequence numbers of an archive's publishers.
#pragma once

#include "libs/events/batch.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace peer_observer::archive {

class SequenceCheck {
public:
    struct Finding {
        /// Events that are missing in front of a batch without a gap record that says so.
        std::uint64_t hole = 0;
        std::uint64_t expected = 0; ///< the number of the first one of them
        /// Numbers start below what came before.
        bool went_backwards = false;
    };

    /// The first batch or gap of a publisher sets where its numbers start.
    Finding next(const events::Batch& batch);
    Finding next(const proto::ArchiveGap& gap);

    /// By publisher: the number that comes next.
    const std::map<std::uint64_t, std::uint64_t>& expected() const { return expected_; }

private:
    Finding next(std::uint64_t publisher_id, std::uint64_t first_sequence, std::uint64_t count);

    std::map<std::uint64_t, std::uint64_t> expected_;
};

} // namespace peer_observer::archive
