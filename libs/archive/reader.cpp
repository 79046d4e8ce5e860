#include "libs/archive/reader.h"

#include "libs/archive/file_name.h"
#include "libs/archive/record.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace peer_observer::archive {
namespace {

// A file may be nothing but gaps.
constexpr std::size_t kMostWaiting = 4096;

} // namespace

bool Range::is_everything() const { return from_ns == 0 && to_ns == kEnd && from_sequence == 0 && to_sequence == kEnd; }

bool Range::contains(const events::EventView& event) const
{
    return event.timestamp_ns >= from_ns && event.timestamp_ns < to_ns && event.sequence >= from_sequence &&
           event.sequence < to_sequence;
}

bool Range::touches(const proto::ArchiveFrame& frame) const
{
    if (frame.latest_ns() < from_ns || frame.earliest_ns() >= to_ns) return false;
    const bool has_sequences = frame.end_sequence() > 0;
    return !has_sequences || (frame.end_sequence() > from_sequence && frame.first_sequence() < to_sequence);
}

bool Range::touches_gap(const Chunk& gap) const { return gap.after_ns < to_ns && gap.before_ns >= from_ns; }

bool Range::contains_gap(const Chunk& gap) const { return gap.after_ns >= from_ns && gap.before_ns < to_ns; }

Reader::Reader(const std::filesystem::path& path, const Range& range, FrameFilter* filter)
    : path_{path}, range_{range}, is_open_{is_open_archive(path)}, file_{path}
{
    file_.read_sparsely(filter != nullptr);
    read_header();
    find_index(filter);
    file_.read_sparsely(!searches_.empty());
}

void Reader::find_index(FrameFilter* filter)
{
    auto index = read_index(file_, scanner_.position());
    if (!index) {
        if (!is_open_) index_problem_ = index.error();
        return;
    }
    index_ = std::move(*index);
    if (!index_) {
        if (!is_open_) index_problem_ = "there is no index: the end of the file is missing or damaged";
        return;
    }
    for (const auto& frame : index_->entries.frames())
        frames_by_offset_.emplace(frame.offset(), &frame);
    scanner_.set_index(*index_);
    if (filter != nullptr) search(*filter);
}

void Reader::search(FrameFilter& filter)
{
    for (const auto& place : index_->entries.searches()) {
        const auto record = read_search(file_, place);
        if (!record) continue; // next() reads its frames, and tells of the damage
        std::vector<std::uint64_t> without;
        const bool is_understood = for_each_frame(*record, [&](const ContentsView& contents) {
            const auto frame = frames_by_offset_.find(contents.offset);
            if (frame != frames_by_offset_.end() && frame->second->size_bytes() == contents.size_bytes &&
                !filter.may_fit(contents))
                without.push_back(contents.offset);
        });
        if (!is_understood) continue;
        without_.insert(without.begin(), without.end());
        searches_.emplace(place.offset(), place.offset() + place.size_bytes());
    }
    for (const auto& frame : index_->entries.frames())
        if (!without_.contains(frame.offset()) && range_.touches(frame)) wanted_.push_back(&frame);
}

void Reader::ask_ahead()
{
    constexpr std::size_t kAhead = 4; // frames: the disk reads some while one is decompressed
    const auto next = std::ranges::lower_bound(wanted_, scanner_.position(), {}, &proto::ArchiveFrame::offset);
    const auto read = static_cast<std::size_t>(next - wanted_.begin());
    for (asked_ = std::max(asked_, read); asked_ < std::min(read + kAhead, wanted_.size()); ++asked_)
        file_.will_need(wanted_[asked_]->offset(), wanted_[asked_]->size_bytes());
}

void Reader::read_header()
{
    auto first = scanner_.next();
    scanner_.seek(0);
    if (!first || first->kind != Chunk::Kind::header) {
        // Damage speaks for itself.
        if (!is_open_ && !(first && first->kind == Chunk::Kind::damage)) header_problem_ = "there is no header";
        return;
    }
    if (first->header.format_version() != kFormatVersion) {
        throw std::runtime_error{path_.native() + " has format version " +
                                 std::to_string(first->header.format_version()) + "; only version " +
                                 std::to_string(kFormatVersion) + " is understood"};
    }
    header_ = std::move(first->header);
    scanner_.expect_sources(*header_);
    scanner_.seek(first->size);
}

std::optional<Chunk> Reader::skip()
{
    for (;;) {
        if (const auto search = searches_.find(scanner_.position()); search != searches_.end()) {
            scanner_.seek(search->second);
            continue;
        }
        const auto found = frames_by_offset_.find(scanner_.position());
        if (found == frames_by_offset_.end()) return std::nullopt;
        const auto& frame = *found->second;
        const bool is_in_range = range_.touches(frame);
        if (is_in_range && !without_.contains(frame.offset())) return std::nullopt;
        if (range_.has_times()) {
            settle_gaps(frame.earliest_ns());
            latest_ns_ = frame.latest_ns();
        }
        scanner_.seek(frame.offset() + frame.size_bytes());
        if (is_in_range)
            return Chunk{
                .kind = Chunk::Kind::skipped, .offset = frame.offset(), .size = frame.size_bytes(), .skipped = frame};
    }
}

void Reader::settle_gaps(std::uint64_t before_ns)
{
    for (auto& chunk : waiting_) {
        const bool is_gap = chunk.kind == Chunk::Kind::gap;
        chunk.before_ns = before_ns;
        // Where nothing is known of one of them, a gap stands at the other.
        if (chunk.after_ns == 0) chunk.after_ns = before_ns;
        if (!is_gap || range_.touches_gap(chunk)) ready_.push_back(std::move(chunk));
    }
    waiting_.clear();
}

std::optional<Chunk> Reader::next()
{
    if (!range_.has_times()) return read();
    while (ready_.empty()) {
        auto chunk = read();
        if (!chunk || waiting_.size() >= kMostWaiting) {
            // Written at the end, because no event came any more: they are missing before that was noticed.
            std::uint64_t noticed_ns = latest_ns_;
            for (const auto& waiting : waiting_)
                noticed_ns = std::max<std::uint64_t>(noticed_ns, waiting.gap.noticed_ns());
            settle_gaps(noticed_ns);
        }
        if (!chunk) {
            if (ready_.empty()) return std::nullopt;
        } else if (chunk->kind == Chunk::Kind::gap || (chunk->kind == Chunk::Kind::damage && !waiting_.empty())) {
            chunk->after_ns = latest_ns_;
            waiting_.push_back(std::move(*chunk));
        } else if (chunk->kind == Chunk::Kind::batches) {
            const auto frame = describe_frame(*chunk, false);
            settle_gaps(frame.earliest_ns());
            latest_ns_ = frame.latest_ns();
            ready_.push_back(std::move(*chunk));
        } else {
            ready_.push_back(std::move(*chunk));
        }
    }
    auto chunk = std::move(ready_.front());
    ready_.pop_front();
    return chunk;
}

std::optional<Chunk> Reader::read()
{
    if (!header_problem_.empty())
        return Chunk{.kind = Chunk::Kind::damage, .problem = std::exchange(header_problem_, {})};
    for (;;) {
        if (!range_.is_everything() || !searches_.empty())
            if (auto skipped = skip()) return skipped;
        if (!wanted_.empty()) ask_ahead();
        auto chunk = scanner_.next();
        if (!chunk) return end();
        switch (chunk->kind) {
        case Chunk::Kind::header:
        case Chunk::Kind::index:
        case Chunk::Kind::search:
        case Chunk::Kind::foreign:
            continue;
        case Chunk::Kind::damage:
            if (is_open_ && scanner_.position() == file_.size()) {
                unfinished_bytes_ = chunk->size;
                continue;
            }
            return chunk;
        case Chunk::Kind::batches:
        case Chunk::Kind::gap:
        case Chunk::Kind::skipped:
            return chunk;
        }
    }
}

std::optional<Chunk> Reader::end()
{
    if (ended_ || index_problem_.empty()) return std::nullopt;
    ended_ = true;
    return Chunk{.kind = Chunk::Kind::damage, .offset = file_.size(), .size = 0, .problem = index_problem_};
}

} // namespace peer_observer::archive
