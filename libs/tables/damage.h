// What damaged places of archives had, as losses.
#pragma once

#include "libs/archive/sequence_check.h"
#include "libs/events/batch.h"
#include "libs/tables/rows.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::tables {

/// Follows the sequence numbers of publishers. A damaged place can have had events of several: each gets a loss, with
/// the count that its next batch or gap shows, or none where nothing shows it.
class DamageLosses {
public:
    /// The loss has no time yet. What it views is valid during the call.
    using Emit = std::function<void(Loss loss)>;
    explicit DamageLosses(Emit emit) : emit_{std::move(emit)} {}

    /// `header`: of the file, if it could be read; without it events of all publishers so far can have been there.
    void damaged(std::string problem, const std::optional<proto::ArchiveHeader>& header);
    void next(const events::Batch& batch) { next(batch.node, batch.publisher_id, sequences_.next(batch)); }
    void next(const proto::ArchiveGap& gap);
    /// No more events of the file's publishers will come.
    void end_file();

private:
    void next(std::string_view node, std::uint64_t publisher_id, const archive::SequenceCheck::Finding& finding);
    void emit(std::string_view node, std::uint64_t publisher_id, std::uint64_t sequence,
              std::optional<std::uint64_t> count) const;

    Emit emit_;
    archive::SequenceCheck sequences_;
    std::string problem_;                          ///< of the last damaged place
    std::map<std::uint64_t, std::string> waiting_; ///< nothing came of these publishers since; their nodes, if known
};

} // namespace peer_observer::tables
