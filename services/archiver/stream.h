// The archive of one publisher: batches in, files out.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/archive/compressor.h"
#include "libs/archive/content.h"
#include "libs/archive/file_writer.h"
#include "libs/events/event_reader.h"
#include "libs/events/selection.h"
#include "services/archiver/clock.h"
#include "services/archiver/counters.h"
#include "services/archiver/directory.h"
#include "services/archiver/journal.h"
#include "services/archiver/tx_detail.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::archiver {

/// When files are synced to the disk.
enum class SyncPolicy { each_frame, at_intervals, never };

struct StreamOptions {
    std::size_t frame_bytes = std::size_t{4} << 20U; ///< before compression
    std::chrono::nanoseconds journal_time = std::chrono::seconds{2};
    SyncPolicy sync = SyncPolicy::at_intervals;
    std::chrono::nanoseconds sync_interval = std::chrono::seconds{5};
    std::uint64_t file_bytes = std::uint64_t{1} << 30U;
    std::chrono::nanoseconds file_time = std::chrono::hours{24};
    events::Selection selection;
    TxDetail tx_detail = TxDetail::received;
    std::string software = "peer-observer-archiver";
};

/// What all streams share; outlives them.
struct Environment {
    StreamOptions options;
    Directory& directory;
    archive::Compressor& compressor;
    Clock& clock;
    Counters& counters;
    app::BadEvents& bad_events;
    events::EventReader reader = {};
    /// What the recorder allows a file besides the options: one more begins beyond it.
    std::uint64_t most_file_bytes = std::numeric_limits<std::uint64_t>::max();
};

class Stream {
public:
    Stream(Environment& environment, std::string node, std::uint64_t publisher_id);
    /// Leaves what is not closed to the next start.
    ~Stream();

    /// missed: events that should have come before the batch, where this is the first batch of the publisher.
    /// credible: what is missing in front of the batch can have been published.
    void add(const events::Batch& batch, std::uint64_t missed, bool credible = true);

    /// The publisher that this one replaces had not said that it stops: what it had not sent is lost. Stands in this
    /// one's file, because the other one's may be closed.
    void note_crash_of(std::uint64_t former_id, std::uint64_t next_sequence);

    /// Does what is due by time. Call it every 100 ms or so.
    void tick();

    /// Writes all that there is, and closes the file. add() starts another one.
    void close();

    std::chrono::steady_clock::time_point last_use() const { return last_use_; }
    bool has_file() const { return file_ != nullptr; }
    /// Of events that are in no frame yet.
    std::size_t buffered_bytes() const { return content_.bytes.size(); }
    /// Makes a frame of them, however few they are.
    void seal();
    bool is_idle() const { return content_.bytes.empty() && pending_.empty() && !file_ && gaps_.empty(); }

private:
    struct Pending {
        std::vector<proto::ArchiveGap> gaps;
        proto::ArchiveFrame info;
        std::string contents; ///< of the frame, for searches
        std::future<std::string> frame;
        std::unique_ptr<Journal> journal; ///< has the gaps and the first of the events

        /// Whether all of it is on the disk. Else a crash would lose events in front of others that are not lost.
        bool is_journaled() const { return journal && journal->end_sequence() == info.end_sequence(); }
    };

    void note_gap(std::uint64_t first, std::uint64_t count, proto::ArchiveGap::Cause cause);
    proto::ArchiveGap make_gap(std::uint64_t first, std::uint64_t count, proto::ArchiveGap::Cause cause);
    void keep(const events::Batch& batch);
    void write_journal();
    void write_ready(bool all);
    void write(Pending pending);
    std::error_code write_to_file(const Pending& pending, const std::string& frame);
    proto::ArchiveHeader make_header() const;
    void open_file(std::uint64_t start_ns);
    void lose(Pending pending, const std::error_code& error);
    void add_lost_gap(const proto::ArchiveGap& gap);
    void sync();
    void finish_file();
    void set_failing(bool failing, const std::string& reason);
    void drop_file();

    Environment& environment_;
    std::string node_;
    std::uint64_t publisher_id_;
    std::optional<std::uint64_t> expected_; ///< the sequence number that comes next
    bool expected_is_from_disk_ = false;
    std::chrono::steady_clock::time_point last_use_;

    std::string reduced_;                 ///< a batch with less detail; only used in keep()
    archive::Content content_;            ///< of the next frame
    archive::FrameContents contents_;     ///< what is in it
    std::vector<proto::ArchiveGap> gaps_; ///< in front of the content
    proto::ArchiveFrame unjournaled_;     ///< what is told of the end of the content that the journal lacks
    std::chrono::steady_clock::time_point unjournaled_since_;
    std::unique_ptr<Journal> journal_; ///< of the content; null = none of it is on the disk
    std::size_t journaled_bytes_ = 0;  ///< of the content
    std::deque<Pending> pending_;      ///< sealed, on their way through the compressor

    std::unique_ptr<archive::FileWriter> file_;
    std::chrono::steady_clock::time_point file_since_;
    std::chrono::steady_clock::time_point synced_;
    bool unsynced_ = false;
    std::vector<proto::ArchiveGap> lost_; ///< what could not be written, until that can be written
    bool failing_ = false;
    std::chrono::steady_clock::time_point next_duplicate_notice_;
};

} // namespace peer_observer::archiver
