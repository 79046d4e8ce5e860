#include "libs/archive/record.h"

#include "libs/base/little_endian.h"

#include <zlib.h>

#include <bit>
#include <cstring>
#include <stdexcept>

namespace peer_observer::archive {
namespace {

// magic (4) size (4) | "POA" type | protobuf | crc (4) size (4): zstd's own header, then what is ours.
constexpr std::string_view kTag = "POA";
constexpr std::size_t kTagBytes = 4;
constexpr std::size_t kTrailerBytes = 4 + kRecordSizeBytes;
constexpr std::size_t kAroundBytes = kSkippableHeaderBytes + kTagBytes + kTrailerBytes;

std::uint32_t magic_of(RecordType type) { return type == RecordType::search ? kSearchMagic : kRecordMagic; }

std::uint32_t crc32_of(std::string_view bytes)
{
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

} // namespace

std::uint32_t read_u32(std::string_view bytes, std::size_t offset)
{
    static_assert(std::endian::native == std::endian::little);
    std::uint32_t number = 0;
    if (offset > bytes.size() || bytes.size() - offset < sizeof number) throw std::out_of_range{"read_u32"};
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}

std::string encode_record(RecordType type, std::string_view protobuf)
{
    const std::size_t size = kAroundBytes + protobuf.size();
    if (size > kMaxRecordBytes) throw std::length_error{"a record of an archive is too big"};
    std::string frame;
    frame.reserve(size);
    base::append(frame, magic_of(type));
    base::append(frame, static_cast<std::uint32_t>(size - kSkippableHeaderBytes));
    frame.append(kTag).push_back(static_cast<char>(type));
    frame.append(protobuf);
    base::append(frame, crc32_of(std::string_view{frame}.substr(kSkippableHeaderBytes)));
    base::append(frame, static_cast<std::uint32_t>(size));
    return frame;
}

std::expected<Record, std::string> decode_record(std::string_view frame)
{
    if (frame.size() < kAroundBytes || (read_u32(frame) != kRecordMagic && read_u32(frame) != kSearchMagic))
        return std::unexpected{"it is not a record of an archive"};
    const auto body = frame.substr(kSkippableHeaderBytes, frame.size() - kSkippableHeaderBytes - kTrailerBytes);
    if (!body.starts_with(kTag)) return std::unexpected{"it is not a record of an archive"};
    if (read_u32(frame, frame.size() - kTrailerBytes) != crc32_of(body))
        return std::unexpected{"the checksum of a record is wrong"};
    if (read_u32(frame, 4) != frame.size() - kSkippableHeaderBytes ||
        read_u32(frame, frame.size() - kRecordSizeBytes) != frame.size())
        return std::unexpected{"the sizes of a record are wrong"};
    const auto type = static_cast<RecordType>(body[kTagBytes - 1]);
    const bool is_known = type == RecordType::header || type == RecordType::gap || type == RecordType::index ||
                          type == RecordType::search;
    if (!is_known || read_u32(frame) != magic_of(type)) return std::unexpected{"a record of a type that is not known"};
    return Record{type, body.substr(kTagBytes)};
}

std::size_t record_size_from_end(std::string_view last_bytes)
{
    if (last_bytes.size() < kRecordSizeBytes) return 0;
    return read_u32(last_bytes, last_bytes.size() - kRecordSizeBytes);
}

} // namespace peer_observer::archive
