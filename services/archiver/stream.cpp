#include "services/archiver/stream.h"

#include "libs/events/event_view.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace peer_observer::archiver {
namespace {

using proto::ArchiveGap;
using std::chrono::steady_clock;

// Records of what could not be written, before neighbours of different causes are taken for one.
constexpr std::size_t kMaxLostGaps = 1024;

// A file's name has none: so a journal that becomes a file is told from the one that begins with the same event.
constexpr unsigned kJournalNumber = 1;

} // namespace

Stream::Stream(Environment& environment, std::string node, std::uint64_t publisher_id)
    : environment_{environment}, node_{std::move(node)}, publisher_id_{publisher_id},
      expected_{environment.directory.end_sequence(node_, publisher_id)}, expected_is_from_disk_{expected_.has_value()},
      last_use_{environment.clock.steady()}
{}

Stream::~Stream()
{
    drop_file();
    set_failing(false, {});
}

void Stream::add(const events::Batch& batch, std::uint64_t missed, bool credible)
{
    last_use_ = environment_.clock.steady();
    const std::uint64_t first = batch.first_sequence;
    const std::uint64_t end = first + batch.event_count;
    if (!expected_) expected_ = first - std::min(missed, first);
    if (end < *expected_ || (first < *expected_ && end == *expected_)) {
        environment_.counters.duplicate_events += batch.event_count;
        if (last_use_ >= next_duplicate_notice_)
            spdlog::warn("events of {} came again and are left out: give each publisher as a "
                         "source once",
                         node_);
        next_duplicate_notice_ = last_use_ + std::chrono::minutes{1};
        return;
    }
    if (first > *expected_)
        note_gap(*expected_, first - *expected_,
                 !credible                ? ArchiveGap::NOT_CREDIBLE
                 : expected_is_from_disk_ ? ArchiveGap::NOT_RUNNING
                                          : ArchiveGap::NOT_RECEIVED);
    const std::uint64_t already = first < *expected_ ? *expected_ : 0;
    expected_ = end;
    expected_is_from_disk_ = false;
    if (batch.event_count == 0) return;

    const auto& selection = environment_.options.selection;
    if (already == 0 && selection.selects_all()) return keep(batch);
    const auto wanted = [&](const events::EventView& view) {
        if (view.sequence < already) {
            ++environment_.counters.duplicate_events;
            return false;
        }
        // Without a selection even what is not valid is kept.
        if (selection.selects_all()) return true;
        if (view.is_malformed) {
            environment_.reader.parse(view, [&](const auto& bad) { environment_.bad_events.add(batch, bad); });
            return false;
        }
        const bool selected = selection.selects(view);
        environment_.counters.unselected_events += selected ? 0 : 1;
        return selected;
    };
    events::select(batch, wanted, [this](const auto& run) { keep(run); });
}

void Stream::note_crash_of(std::uint64_t former_id, std::uint64_t next_sequence)
{
    seal();
    gaps_.push_back(make_gap(next_sequence, 0, ArchiveGap::PUBLISHER_CRASHED));
    gaps_.back().mutable_source()->set_publisher_id(former_id);
    ++environment_.counters.unknown_losses;
}

void Stream::note_gap(std::uint64_t first, std::uint64_t count, ArchiveGap::Cause cause)
{
    seal(); // what came before the gap stands before it
    gaps_.push_back(make_gap(first, count, cause));
    auto& counters = environment_.counters;
    if (cause == ArchiveGap::NOT_RUNNING)
        counters.not_running_events += count;
    else if (cause == ArchiveGap::NOT_RECEIVED)
        counters.not_received_events += count;
    else
        ++counters.unknown_losses;
}

ArchiveGap Stream::make_gap(std::uint64_t first, std::uint64_t count, ArchiveGap::Cause cause)
{
    ArchiveGap gap;
    gap.mutable_source()->set_node(node_);
    gap.mutable_source()->set_publisher_id(publisher_id_);
    gap.set_first_sequence(first);
    gap.set_count(count);
    gap.set_cause(cause);
    gap.set_noticed_ns(environment_.clock.unix_ns());
    return gap;
}

void Stream::keep(const events::Batch& batch)
{
    const auto now = environment_.clock.steady();
    if (!file_ && pending_.empty() && content_.bytes.empty()) file_since_ = now;
    if (content_.bytes.size() == journaled_bytes_) unjournaled_since_ = now;
    if (environment_.options.tx_detail == TxDetail::received) {
        content_.add(batch, &contents_);
    } else {
        reduced_.clear();
        append_with_detail(batch, environment_.options.tx_detail, reduced_);
        auto reduced = batch; // with the same numbers
        reduced.bytes = reduced_;
        content_.add(reduced, &contents_);
    }
    archive::describe(unjournaled_, batch);
    // A frame is never larger than its content: small files have small frames.
    if (content_.bytes.size() >=
        std::min<std::uint64_t>(environment_.options.frame_bytes, environment_.most_file_bytes))
        seal();
}

void Stream::write_journal()
{
    unjournaled_since_ = environment_.clock.steady(); // after an error, too: not at once again
    std::error_code error;
    try {
        if (!journal_)
            journal_ = std::make_unique<Journal>(
                environment_.directory.new_file(node_, content_.frame.earliest_ns(), publisher_id_, kJournalNumber),
                make_header());
        error = journal_->append(journaled_bytes_ == 0 ? gaps_ : std::vector<ArchiveGap>{}, unjournaled_,
                                 std::string_view{content_.bytes}.substr(journaled_bytes_));
        if (!error && environment_.options.sync == SyncPolicy::each_frame) error = journal_->sync();
    } catch (const std::system_error& problem) {
        error = problem.code();
    }
    if (error) {
        ++environment_.counters.write_errors;
        set_failing(true, error.message());
        return;
    }
    environment_.counters.written_events += unjournaled_.events();
    unjournaled_.Clear();
    journaled_bytes_ = content_.bytes.size();
    unsynced_ = true;
    set_failing(false, {});
}

void Stream::seal()
{
    if (content_.bytes.empty()) return;
    // So that the journal of the next frame need not wait for this frame.
    if (journal_ && !journal_->broken() && content_.bytes.size() > journaled_bytes_) write_journal();
    auto content = std::exchange(content_, {});
    content_.bytes.reserve(content.bytes.size() + content.bytes.size() / 8); // the next frame has much the same size
    journaled_bytes_ = 0;
    unjournaled_.Clear();
    pending_.push_back({std::exchange(gaps_, {}), content.frame, std::exchange(contents_, {}).serialize(),
                        environment_.compressor.compress(std::move(content.bytes)), std::move(journal_)});
    write_ready(false);
}

void Stream::write_ready(bool all)
{
    // One frame a thread at work, and one that waits: more would only fill the memory.
    const std::size_t may_wait = all ? 0 : environment_.compressor.threads() + 1;
    while (!pending_.empty()) {
        const bool is_ready = pending_.front().frame.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
        if (!is_ready && pending_.size() <= may_wait) return;
        auto pending = std::move(pending_.front());
        pending_.pop_front();
        write(std::move(pending));
    }
}

void Stream::write(Pending pending)
{
    const auto frame = pending.frame.get();
    if (const auto error = write_to_file(pending, frame)) return lose(std::move(pending), error);

    auto& counters = environment_.counters;
    counters.written_events += pending.info.events() - (pending.journal ? pending.journal->events() : 0);
    counters.content_bytes += pending.info.content_bytes();
    counters.written_bytes += frame.size();
    ++counters.written_frames;
    set_failing(false, {});
    unsynced_ = true;
    const bool is_synced = environment_.options.sync != SyncPolicy::never &&
                           (environment_.options.sync == SyncPolicy::each_frame || pending.journal);
    if (is_synced) sync();
    // Without a file, syncing it has failed: the journal is closed like a file that a killed archiver left.
    if (pending.journal && file_)
        if (const auto error = pending.journal->remove())
            spdlog::warn("cannot delete {}: {}", pending.journal->path().native(), error.message());
    const auto most = std::min(environment_.options.file_bytes, environment_.most_file_bytes);
    if (file_ && (file_->size() >= most || file_->full())) finish_file();
}

proto::ArchiveHeader Stream::make_header() const
{
    auto header = archive::make_header(environment_.options.software, environment_.clock.unix_ns());
    auto& source = *header.add_sources();
    source.set_node(node_);
    source.set_publisher_id(publisher_id_);
    for (const auto& alternative : environment_.options.selection.alternatives())
        header.mutable_selection()->add_alternatives(events::to_string(alternative));
    if (environment_.options.tx_detail != TxDetail::received)
        header.mutable_selection()->set_tx_detail(std::string{to_text(environment_.options.tx_detail)});
    return header;
}

void Stream::open_file(std::uint64_t start_ns)
{
    file_ = std::make_unique<archive::FileWriter>(environment_.directory.new_file(node_, start_ns, publisher_id_),
                                                  make_header());
    synced_ = environment_.clock.steady();
    ++environment_.counters.open_files;
}

std::error_code Stream::write_to_file(const Pending& pending, const std::string& frame)
{
    try {
        if (!file_) open_file(pending.info.earliest_ns());
    } catch (const std::system_error& error) {
        return error.code();
    }
    auto gaps = lost_;
    gaps.insert(gaps.end(), pending.gaps.begin(), pending.gaps.end());
    const auto error = file_->append(gaps, pending.info, frame, pending.contents);
    if (!error) lost_.clear();
    if (file_->broken()) drop_file();
    return error;
}

void Stream::lose(Pending pending, const std::error_code& error)
{
    auto& counters = environment_.counters;
    ++counters.write_errors;
    const bool has_journal = pending.journal && pending.journal->events() > 0;
    set_failing(true, error.message());
    // The journal becomes a file, whose place is behind this one: the next frame begins another.
    if (has_journal) finish_file();
    counters.not_written_events += pending.info.events() - (has_journal ? pending.journal->events() : 0);
    if (!has_journal)
        for (const auto& gap : pending.gaps)
            add_lost_gap(gap);
    const auto first = has_journal ? pending.journal->end_sequence() : pending.info.first_sequence();
    if (pending.info.end_sequence() > first)
        add_lost_gap(make_gap(first, pending.info.end_sequence() - first, ArchiveGap::NOT_WRITTEN));
}

void Stream::add_lost_gap(const ArchiveGap& gap)
{
    if (!lost_.empty()) {
        auto& last = lost_.back();
        const bool is_same_publisher = last.source().publisher_id() == gap.source().publisher_id();
        const bool adjacent = last.first_sequence() + last.count() == gap.first_sequence();
        if (is_same_publisher && ((adjacent && last.cause() == gap.cause()) || lost_.size() >= kMaxLostGaps)) {
            last.set_count(gap.first_sequence() + gap.count() - last.first_sequence());
            return;
        }
    }
    lost_.push_back(gap);
}

void Stream::tick()
{
    const auto now = environment_.clock.steady();
    const auto& options = environment_.options;
    if (content_.bytes.size() > journaled_bytes_ && now - unjournaled_since_ >= options.journal_time) {
        // What was lost is told in front of the next frame, and a broken journal takes no more.
        if (!lost_.empty() || (journal_ && journal_->broken()))
            seal();
        else if (std::ranges::all_of(pending_, &Pending::is_journaled))
            write_journal();
    }
    write_ready(false);
    if (options.sync == SyncPolicy::at_intervals && now - synced_ >= options.sync_interval) sync();
    if ((file_ || !content_.bytes.empty()) && now - file_since_ >= options.file_time) close();
}

void Stream::sync()
{
    synced_ = environment_.clock.steady();
    if (!std::exchange(unsynced_, false)) return;
    if (journal_) {
        if (const auto error = journal_->sync()) {
            ++environment_.counters.write_errors;
            spdlog::warn("cannot sync {}: {}", journal_->path().native(), error.message());
        }
    }
    if (!file_) return;
    const auto error = file_->sync();
    if (!error) return;
    // What was written since the last sync may or may not be there: the checksums will tell when the file is closed.
    ++environment_.counters.write_errors;
    spdlog::warn("cannot sync {}: {}; continuing in another file", file_->path().native(), error.message());
    drop_file();
}

void Stream::close()
{
    seal();
    write_ready(true);
    if (!file_ && (!gaps_.empty() || !lost_.empty())) {
        // Only heartbeats came since the last file: what they told of stands in a file of its own.
        try {
            open_file(environment_.clock.unix_ns());
        } catch (const std::system_error& error) {
            ++environment_.counters.write_errors;
            spdlog::warn("cannot write the gaps of {}: {}; retrying", node_, error.what());
            last_use_ = environment_.clock.steady(); // not at once
        }
    }
    finish_file();
}

void Stream::finish_file()
{
    if (!file_) return;
    // The gaps of what is still pending go with it into the next file.
    auto gaps = lost_;
    if (pending_.empty() && content_.bytes.empty()) gaps.insert(gaps.end(), gaps_.begin(), gaps_.end());
    auto error = gaps.empty() ? std::error_code{} : file_->append(gaps, {}, {});
    if (!error && pending_.empty() && content_.bytes.empty()) gaps_.clear();
    if (!error) {
        lost_.clear();
        error = file_->close();
    }
    if (error) {
        ++environment_.counters.write_errors;
        spdlog::warn("cannot close {}: {}; it stays open until that can be done", file_->path().native(),
                     error.message());
    } else {
        ++environment_.counters.closed_files;
        spdlog::info("closed {}: {} bytes", file_->path().native(), file_->size());
    }
    drop_file();
}

void Stream::drop_file()
{
    if (!file_) return;
    file_.reset();
    file_since_ = environment_.clock.steady(); // of what follows
    --environment_.counters.open_files;
}

void Stream::set_failing(bool failing, const std::string& reason)
{
    if (failing == failing_) return;
    failing_ = failing;
    if (failing) {
        ++environment_.counters.failing_streams;
        spdlog::warn("cannot write the events of {} to {}: {}; they are counted, and left out", node_,
                     environment_.directory.path().native(), reason);
    } else {
        --environment_.counters.failing_streams;
        spdlog::info("writing the events of {} to {} again", node_, environment_.directory.path().native());
    }
}

} // namespace peer_observer::archiver
