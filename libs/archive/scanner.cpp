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
constexpr unsigned char kChecksumFlag = 0x04; // of the byte behind a zstd frame's magic

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

} // namespace

std::optional<Chunk> Scanner::next()
{
    if (position_ >= file_.size()) return std::nullopt;
    auto chunk = read_chunk(position_);
    if (!chunk) {
        const std::uint64_t end = find_next(position_, chunk.error().size);
        chunk = Chunk{.kind = Chunk::Kind::damage,
                      .offset = position_,
                      .size = end - position_,
                      .problem = std::move(chunk.error().problem)};
    }
    position_ += chunk->size;
    return std::move(*chunk);
}

std::expected<Chunk, Scanner::Failure> Scanner::read_chunk(std::uint64_t offset)
{
    const auto start = file_.view(offset, kSkippableHeaderBytes);
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
    if (read_u32(start) != kRecordMagic) {
        chunk.kind = Chunk::Kind::foreign;
        return chunk;
    }
    if (size > kMaxRecordBytes) return std::unexpected{Failure{"a record is too big", size}};
    chunk.bytes = file_.view(offset, static_cast<std::size_t>(size));
    const auto record = decode_record(chunk.bytes);
    if (!record) return std::unexpected{Failure{record.error(), size}};

    const bool is_index = record->type == RecordType::index;
    if (!is_index && size > kMaxHeaderBytes) return std::unexpected{Failure{"a record is too big", size}};

    bool good = true;
    switch (record->type) {
    case RecordType::header:
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
    }
    if (!good) return std::unexpected{Failure{"a record is not valid protobuf", size}};
    return chunk;
}

std::expected<std::uint64_t, std::string> Scanner::frame_size(std::uint64_t offset)
{
    for (std::size_t look = kFirstLook;; look *= 4) {
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
    content_.resize(static_cast<std::size_t>(content_size));
    const std::size_t got = ZSTD_decompressDCtx(decompressor_.get(), content_.data(), content_.size(),
                                                chunk.bytes.data(), chunk.bytes.size());
    if (ZSTD_isError(got) != 0) return fail(std::string{"a frame does not decompress: "} + ZSTD_getErrorName(got));
    if (got != content_.size()) return fail("decompressed size differs from the frame header's");

    chunk.content = content_;
    auto batches = split_content(content_);
    if (!batches) return fail("a frame's content is not a list of batches: " + batches.error());
    if (!std::ranges::all_of(*batches, [this](const auto& batch) { return is_expected(batch); }))
        return fail("a frame has a batch of a publisher that the header does not name");
    chunk.batches = std::move(*batches);
    return chunk;
}

bool Scanner::is_expected(const events::Batch& batch) const
{
    return !expected_ || std::ranges::any_of(expected_->sources(), [&](const auto& source) {
        return source.publisher_id() == batch.publisher_id && source.node() == batch.node;
    });
}

bool Scanner::starts_frame(std::uint64_t offset)
{
    const auto start = file_.view(offset, sizeof(std::uint32_t));
    if (start.size() < sizeof(std::uint32_t)) return false;
    const auto magic = read_u32(start);
    return magic == kZstdMagic || is_skippable(magic);
}

std::uint64_t Scanner::find_next(std::uint64_t offset, std::uint64_t declared_size)
{
    const std::uint64_t end = file_.size();
    if (declared_size > 0 && declared_size <= end - offset &&
        (declared_size == end - offset || starts_frame(offset + declared_size)))
        return offset + declared_size;

    const auto known = std::ranges::upper_bound(known_offsets_, offset);
    if (known != known_offsets_.end() && *known < end) return *known;

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
            if (read_chunk(candidate)) return candidate;
            at = candidate + 1;
        } else if (piece.size() < kPiece) {
            break;
        } else {
            at += piece.size() - sizeof(std::uint32_t) + 1;
        }
    }
    return end;
}

std::expected<std::optional<proto::ArchiveIndex>, std::string> read_index(InputFile& file)
{
    if (file.size() < kRecordSizeBytes) return std::nullopt;
    const std::uint64_t size = record_size_from_end(file.view(file.size() - kRecordSizeBytes, kRecordSizeBytes));
    if (size > kMaxRecordBytes || size > file.size()) return std::nullopt;
    const std::uint64_t start = file.size() - size;
    const auto record = decode_record(file.view(start, static_cast<std::size_t>(size)));
    if (!record || record->type != RecordType::index) return std::nullopt;

    // An entry may cost two bytes here and costs a hundred as an object: the record's size is no limit.
    if (count_fields(record->protobuf) > kMaxIndexEntries) return std::unexpected{"the index has too many entries"};
    proto::ArchiveIndex index;
    if (!index.ParseFromString(std::string{record->protobuf}))
        return std::unexpected{"the index is not valid protobuf"};
    std::uint64_t end = 0;
    for (const auto& frame : index.frames()) {
        if (frame.offset() < end || frame.size_bytes() == 0 || frame.size_bytes() > kMaxFrameBytes ||
            frame.offset() > start || frame.size_bytes() > start - frame.offset())
            return std::unexpected{"the index tells frames where none can be"};
        end = frame.offset() + frame.size_bytes();
    }
    return index;
}

proto::ArchiveFrame describe_frame(const Chunk& chunk, bool has_one_source)
{
    proto::ArchiveFrame frame;
    for (const auto& batch : chunk.batches)
        describe(frame, batch);
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
