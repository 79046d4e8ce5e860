#include "libs/archive/reader.h"

#include "libs/archive/file_name.h"
#include "libs/archive/record.h"

#include <stdexcept>
#include <utility>
#include <vector>

namespace peer_observer::archive {

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

Reader::Reader(const std::filesystem::path& path, const Range& range)
    : path_{path}, range_{range}, is_open_{is_open_archive(path)}, file_{path}
{
    read_header();
    auto index = read_index(file_);
    if (!index) {
        index_problem_ = index.error();
        return;
    }
    index_ = std::move(*index);
    if (!index_) {
        if (!is_open_) index_problem_ = "there is no index: the end of the file is missing or damaged";
        return;
    }
    std::vector<std::uint64_t> offsets;
    for (const auto& frame : index_->frames()) {
        offsets.push_back(frame.offset());
        frames_by_offset_.emplace(frame.offset(), &frame);
    }
    scanner_.set_known_offsets(std::move(offsets));
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

bool Reader::skip_frame()
{
    const auto frame = frames_by_offset_.find(scanner_.position());
    if (frame == frames_by_offset_.end() || range_.touches(*frame->second)) return false;
    scanner_.seek(frame->second->offset() + frame->second->size_bytes());
    return true;
}

std::optional<Chunk> Reader::next()
{
    if (!header_problem_.empty())
        return Chunk{.kind = Chunk::Kind::damage, .problem = std::exchange(header_problem_, {})};
    for (;;) {
        if (!range_.is_everything() && skip_frame()) continue;
        auto chunk = scanner_.next();
        if (!chunk) return end();
        switch (chunk->kind) {
        case Chunk::Kind::header:
        case Chunk::Kind::index:
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
