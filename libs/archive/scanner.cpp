#include "libs/archive/scanner.h"

#include "libs/archive/content.h"
#include "libs/archive/record.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include <algorithm>
#include <new>
#include <string_view>

namespace peer_observer::archive {
namespace {

constexpr std::size_t kFirstLook = std::size_t{256} << 10U;
// A string of so many bytes does not hold them in itself: views of them stay valid when it is swapped.
constexpr std::size_t kNeverInPlace = 64;
constexpr unsigned char kChecksumFlag = 0x04; // of the byte behind a zstd frame's magic
// In a file without a header; the header of ours names no more.
constexpr int kMaxLearnedSources = 4096;

std::size_t count_fields(std::string_view message)
{
    std::size_t count = 0;
    try {
        for (protozero::pbf_reader reader{message.data(), message.size()}; reader.next(); reader.skip())
            ++count;
    } catch (const protozero::exception&) { // NOLINT(bugprone-empty-catch): parsing it will say so
    }
    return count;
}

bool is_skippable(std::uint32_t magic) { return (magic & 0xFFFFFFF0U) == kSkippableMagic; }

bool has_source(const proto::ArchiveHeader& header, std::string_view node, std::uint64_t publisher_id)
{
    return std::ranges::any_of(header.sources(), [&](const auto& source) {
        return source.publisher_id() == publisher_id && source.node() == node;
    });
}

/// Whether records and other skippable frames, or nothing, lead from one place to the other.
bool lead_records(InputFile& file, std::uint64_t from, std::uint64_t to)
{
    while (from < to) {
        const auto start = file.view(from, kSkippableHeaderBytes, kSkippableHeaderBytes);
        if (start.size() < kSkippableHeaderBytes || !is_skippable(read_u32(start))) return false;
        from += kSkippableHeaderBytes + std::uint64_t{read_u32(start, 4)};
    }
    return from == to;
}

/// Whether the search records lie where no frame is.
bool are_between_frames(const Index& index)
{
    const auto& records = index.entries.searches();
    auto record = records.begin();
    std::uint64_t end = 0;
    const auto pass_until = [&](std::uint64_t limit) {
        for (; record != records.end() && record->offset() < limit; ++record) {
            const auto size = record->size_bytes();
            if (record->offset() < end || size == 0 || size > kMaxRecordBytes || size > limit - record->offset())
                return false;
            end = record->offset() + size;
        }
        return true;
    };
    for (const auto& frame : index.entries.frames()) {
        if (!pass_until(frame.offset())) return false;
        end = frame.offset() + frame.size_bytes();
    }
    return pass_until(index.offset) && record == records.end();
}

} // namespace

std::optional<Chunk> Scanner::next()
{
    if (position_ >= file_.size()) return std::nullopt;
    auto chunk = is_led_to_ ? read_chunk(position_) : read_behind_damage(position_);
    is_led_to_ = chunk.has_value();
    if (chunk) {
        learn_sources(*chunk);
    } else {
        const std::uint64_t end = find_next(position_, chunk.error().size);
        chunk = Chunk{.kind = Chunk::Kind::damage,
                      .offset = position_,
                      .size = end - position_,
                      .problem = std::move(chunk.error().problem)};
    }
    position_ += chunk->size;
    return std::move(*chunk);
}

void Scanner::set_index(const Index& index)
{
    known_.clear();
    for (const auto& frame : index.entries.frames())
        known_.push_back({frame.offset(), static_cast<std::size_t>(frame.size_bytes())});
    for (const auto& record : index.entries.searches())
        known_.push_back({record.offset(), static_cast<std::size_t>(record.size_bytes()), true});
    std::ranges::sort(known_, {}, &Known::offset);
    index_offset_ = index.offset;
}

Scanner::Known Scanner::known_at(std::uint64_t offset) const
{
    const auto known = std::ranges::lower_bound(known_, offset, {}, &Known::offset);
    return known != known_.end() && known->offset == offset ? *known : Known{};
}

std::expected<Chunk, Scanner::Failure> Scanner::read_behind_damage(std::uint64_t offset)
{
    auto chunk = read_chunk(offset);
    if (!chunk) return chunk;
    bool is_believed = false;
    if (chunk->kind == Chunk::Kind::batches)
        is_believed = !chunk->batches.empty() && std::ranges::all_of(chunk->batches, [this](const auto& batch) {
            return is_expected(batch.node, batch.publisher_id);
        });
    if (chunk->kind == Chunk::Kind::gap)
        is_believed = is_expected(chunk->gap.source().node(), chunk->gap.source().publisher_id());
    if (chunk->kind == Chunk::Kind::index) is_believed = offset == index_offset_;
    if (chunk->kind == Chunk::Kind::search) is_believed = known_at(offset).is_search;
    if (!is_believed)
        return std::unexpected{Failure{"what follows damage is not of a publisher that the header names"}};
    return chunk;
}

std::expected<Chunk, Scanner::Failure> Scanner::read_chunk(std::uint64_t offset)
{
    const auto start = file_.view(offset, kSkippableHeaderBytes, std::max(known_at(offset).size, file_.read_ahead()));
    if (start.size() < kSkippableHeaderBytes) return std::unexpected{Failure{"the file ends within a frame"}};
    const std::uint32_t magic = read_u32(start);
    if (is_skippable(magic)) return read_skippable(offset);
    if (magic == kZstdMagic) return read_batches(offset);
    return std::unexpected{Failure{"there is no frame"}};
}

std::expected<Chunk, Scanner::Failure> Scanner::read_skippable(std::uint64_t offset)
{
    const auto start = file_.view(offset, kSkippableHeaderBytes);
    const std::uint64_t size = kSkippableHeaderBytes + std::uint64_t{read_u32(start, 4)};
    Chunk chunk{.offset = offset, .size = size};
    if (size > file_.size() - offset) return std::unexpected{Failure{"the file ends within a record"}};
    if (read_u32(start) != kRecordMagic && read_u32(start) != kSearchMagic) {
        chunk.kind = Chunk::Kind::foreign;
        return chunk;
    }
    if (size > kMaxRecordBytes) return std::unexpected{Failure{"a record is too big", size}};
    chunk.bytes = file_.view(offset, static_cast<std::size_t>(size));
    const auto record = decode_record(chunk.bytes);
    if (!record) return std::unexpected{Failure{record.error(), size}};

    const bool may_be_large = record->type == RecordType::index || record->type == RecordType::search;
    if (!may_be_large && size > kMaxHeaderBytes) return std::unexpected{Failure{"a record is too big", size}};

    bool good = true;
    switch (record->type) {
    case RecordType::header:
        if (offset != 0) return std::unexpected{Failure{"a second header"}};
        chunk.kind = Chunk::Kind::header;
        good = chunk.header.ParseFromString(std::string{record->protobuf});
        break;
    case RecordType::gap:
        chunk.kind = Chunk::Kind::gap;
        good = chunk.gap.ParseFromString(std::string{record->protobuf});
        break;
    case RecordType::index:
        chunk.kind = Chunk::Kind::index;
        break;
    case RecordType::search:
        chunk.kind = Chunk::Kind::search;
        chunk.search = record->protobuf;
        break;
    }
    if (!good) return std::unexpected{Failure{"a record is not valid protobuf", size}};
    return chunk;
}

std::expected<std::uint64_t, std::string> Scanner::frame_size(std::uint64_t offset)
{
    const auto known = known_at(offset).size;
    for (std::size_t look = known > 0 ? known : kFirstLook;; look *= 4) {
        const auto bytes = file_.view(offset, std::min(look, kMaxFrameBytes));
        const std::size_t size = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
        if (ZSTD_isError(size) == 0) return size;
        if (bytes.size() == file_.size() - offset) return std::unexpected{"the file ends within a frame"};
        if (look >= kMaxFrameBytes) return std::unexpected{"a frame is not valid, or too big"};
    }
}

std::expected<Chunk, Scanner::Failure> Scanner::read_batches(std::uint64_t offset)
{
    const auto size = frame_size(offset);
    if (!size) return std::unexpected{Failure{size.error()}};
    Chunk chunk{.kind = Chunk::Kind::batches, .offset = offset, .size = *size};
    chunk.bytes = file_.view(offset, static_cast<std::size_t>(*size));
    if (chunk.bytes.size() != *size) return std::unexpected{Failure{"the file has become shorter"}};
    const auto fail = [&](std::string problem) { return std::unexpected{Failure{std::move(problem), *size}}; };

    const auto descriptor = static_cast<unsigned char>(chunk.bytes[4]);
    const auto content_size = ZSTD_getFrameContentSize(chunk.bytes.data(), chunk.bytes.size());
    if (content_size == ZSTD_CONTENTSIZE_UNKNOWN || content_size == ZSTD_CONTENTSIZE_ERROR ||
        (descriptor & kChecksumFlag) == 0)
        return fail("a frame without checksum or content size");
    if (content_size > kMaxContentBytes) return fail("a frame's content is too big");

    if (!decompressor_) throw std::bad_alloc{};
    content_.reserve(kNeverInPlace);
    content_.resize(static_cast<std::size_t>(content_size));
    const std::size_t got = ZSTD_decompressDCtx(decompressor_.get(), content_.data(), content_.size(),
                                                chunk.bytes.data(), chunk.bytes.size());
    if (ZSTD_isError(got) != 0) return fail(std::string{"a frame does not decompress: "} + ZSTD_getErrorName(got));
    if (got != content_.size()) return fail("decompressed size differs from the frame header's");

    chunk.content = content_;
    auto batches = split_content(content_);
    if (!batches) return fail("a frame's content is not a list of batches: " + batches.error());
    if (expected_ && !std::ranges::all_of(*batches, [this](const auto& batch) {
            return has_source(*expected_, batch.node, batch.publisher_id);
        }))
        return fail("a frame has a batch of a publisher that the header does not name");
    chunk.batches = std::move(*batches);
    return chunk;
}

bool Scanner::is_expected(std::string_view node, std::uint64_t publisher_id) const
{
    if (expected_) return has_source(*expected_, node, publisher_id);
    // The first one behind a damaged header: a header has no bytes of peers in it.
    return learned_.sources().empty() || has_source(learned_, node, publisher_id);
}

void Scanner::learn_sources(const Chunk& chunk)
{
    if (expected_) return;
    for (const auto& batch : chunk.batches)
        if (learned_.sources_size() < kMaxLearnedSources) add_source(learned_, batch.node, batch.publisher_id);
}

std::uint64_t Scanner::find_next(std::uint64_t offset, std::uint64_t declared_size)
{
    const std::uint64_t end = file_.size();
    if (declared_size > 0 && declared_size <= end - offset &&
        (declared_size == end - offset || read_behind_damage(offset + declared_size)))
        return offset + declared_size;

    const auto known = std::ranges::upper_bound(known_, offset, {}, &Known::offset);
    if (known != known_.end() && known->offset < end) return known->offset;

    // Both magic numbers that we look for end in a byte that is rare enough to look for alone.
    constexpr std::size_t kPiece = std::size_t{1} << 20U;
    for (std::uint64_t at = offset + 1; at < end;) {
        const auto piece = file_.view(at, kPiece);
        std::uint64_t candidate = end;
        for (std::size_t i = 0; i + sizeof(std::uint32_t) <= piece.size(); ++i) {
            const auto magic = read_u32(piece, i);
            if (magic != kZstdMagic && magic != kRecordMagic) continue;
            candidate = at + i;
            break;
        }
        if (candidate < end) {
            if (read_behind_damage(candidate)) return candidate;
            at = candidate + 1;
        } else if (piece.size() < kPiece) {
            break;
        } else {
            at += piece.size() - sizeof(std::uint32_t) + 1;
        }
    }
    return end;
}

std::optional<std::string_view> read_search(InputFile& file, const proto::ArchiveSearchRecord& place)
{
    // read_index() has checked the size.
    const auto bytes = file.view(place.offset(), static_cast<std::size_t>(place.size_bytes()), 0);
    const auto record = decode_record(bytes);
    if (bytes.size() != place.size_bytes() || !record || record->type != RecordType::search) return std::nullopt;
    return record->protobuf;
}

std::expected<std::optional<Index>, std::string> read_index(InputFile& file, std::uint64_t header_end)
{
    if (file.size() < kRecordSizeBytes) return std::nullopt;
    const std::uint64_t size = record_size_from_end(file.view(file.size() - kRecordSizeBytes, kRecordSizeBytes));
    if (size > kMaxRecordBytes || size > file.size()) return std::nullopt;
    const std::uint64_t start = file.size() - size;
    const auto record = decode_record(file.view(start, static_cast<std::size_t>(size)));
    if (!record || record->type != RecordType::index) return std::nullopt;

    // An entry may cost two bytes here and costs a hundred as an object: the record's size is no limit.
    if (count_fields(record->protobuf) > kMaxIndexEntries) return std::unexpected{"the index has too many entries"};
    Index index{.entries = {}, .offset = start};
    if (!index.entries.ParseFromString(std::string{record->protobuf}))
        return std::unexpected{"the index is not valid protobuf"};
    // So that what leads to the frames need not be read piece by piece.
    std::uint64_t asked = 0;
    for (const auto& search : index.entries.searches()) {
        asked += search.size_bytes();
        if (file.read_ahead() > 0 || asked > kMaxRecordBytes) break;
        file.will_need(search.offset(), search.size_bytes());
    }
    std::uint64_t end = header_end;
    bool is_led_to = true;
    for (const auto& frame : index.entries.frames()) {
        if (frame.offset() < end || frame.size_bytes() == 0 || frame.size_bytes() > kMaxFrameBytes ||
            frame.offset() > start || frame.size_bytes() > start - frame.offset())
            return std::unexpected{"the index tells frames where none can be"};
        is_led_to = is_led_to && (end == 0 || lead_records(file, end, frame.offset()));
        end = frame.offset() + frame.size_bytes();
    }
    if (!is_led_to || (end > 0 && !lead_records(file, end, start)))
        return std::unexpected{"the frames of the index do not follow each other"};
    if (!are_between_frames(index)) return std::unexpected{"the index tells search records where none can be"};
    return index;
}

void add_source(proto::ArchiveHeader& header, std::string_view node, std::uint64_t publisher_id)
{
    if (has_source(header, node, publisher_id)) return;
    auto& source = *header.add_sources();
    source.set_node(std::string{node});
    source.set_publisher_id(publisher_id);
}

proto::ArchiveFrame describe_frame(const Chunk& chunk, bool has_one_source, FrameContents* contents)
{
    proto::ArchiveFrame frame;
    for (const auto& batch : chunk.batches)
        describe(frame, batch, contents);
    frame.set_offset(chunk.offset);
    frame.set_size_bytes(chunk.size);
    frame.set_content_bytes(chunk.content.size());
    if (!has_one_source) {
        frame.clear_first_sequence();
        frame.clear_end_sequence();
    }
    return frame;
}

} // namespace peer_observer::archive
