#include "libs/archive/search_record.h"

#include "libs/archive/record.h"

#include <protozero/pbf_writer.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace peer_observer::archive {
namespace {

using proto::ArchiveFrameContents;
using proto::ArchiveSearch;

std::vector<std::pair<std::uint64_t, std::uint64_t>> places(std::string_view record)
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
    const auto note = [&](const ContentsView& frame) { found.emplace_back(frame.offset, frame.size_bytes); };
    if (!for_each_frame(record, note)) found.clear();
    return found;
}

// 64 MiB of memory: of a file of 100 GiB, or of one whose disk is full for long.
constexpr std::size_t kMostRecords = 256;

} // namespace

void SearchRecord::add(const proto::ArchiveFrame& frame, std::string_view contents)
{
    std::string entry;
    protozero::pbf_writer place{entry};
    place.add_uint64(ArchiveFrameContents::kOffsetFieldNumber, frame.offset());
    place.add_uint64(ArchiveFrameContents::kSizeBytesFieldNumber, frame.size_bytes());
    entry += contents;
    protozero::pbf_writer record{bytes_};
    if (bytes_.empty()) record.add_uint32(ArchiveSearch::kRulesFieldNumber, kSearchRules);
    record.add_message(ArchiveSearch::kFramesFieldNumber, entry);
}

std::string SearchRecord::encode() const { return encode_record(RecordType::search, bytes_); }

bool SearchRecord::is_about_the_frames_of(std::string_view record) const
{
    return !is_empty() && places(record) == places(bytes_);
}

void PendingSearch::add(const proto::ArchiveFrame& frame, std::string_view contents)
{
    if (records_.empty() || records_.back().is_full()) {
        if (records_.size() >= kMostRecords) return;
        records_.emplace_back();
    }
    records_.back().add(frame, contents);
}

} // namespace peer_observer::archive
