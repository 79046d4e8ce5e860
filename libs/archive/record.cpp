#include "libs/archive/record.h"

#include "libs/base/little_endian.h"

#include <array>
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

/// What byte `b` of a word adds to the CRC, with 7 - i bytes of the word behind it, is kCrcTables[i][b].
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_crc_tables()
{
    constexpr std::uint32_t kPolynomial = 0xEDB88320; // of zlib and gzip, lowest bit first
    CrcTables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        auto crc = byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1U ^ ((crc & 1U) != 0 ? kPolynomial : 0);
        tables[7][byte] = crc;
    }
    for (std::size_t i = 7; i > 0; --i)
        for (std::uint32_t byte = 0; byte < 256; ++byte)
            tables[i - 1][byte] = tables[i][byte] >> 8U ^ tables[7][tables[i][byte] & 0xFFU];
    return tables;
}

constexpr CrcTables kCrcTables = make_crc_tables();

/// Eight bytes at a time: a search checks the records of all files. boost::crc_32_type takes five times as long.
std::uint32_t crc32(std::string_view bytes)
{
    static_assert(std::endian::native == std::endian::little);
    std::uint32_t crc = 0xFFFFFFFF;
    while (bytes.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        bytes.remove_prefix(sizeof word);
        word ^= crc;
        crc = 0;
        for (std::size_t i = 0; i < sizeof word; ++i)
            crc ^= kCrcTables[i][word >> 8 * i & 0xFFU];
    }
    for (const char byte : bytes)
        crc = crc >> 8U ^ kCrcTables[7][(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
    return ~crc;
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
    base::append(frame, crc32(std::string_view{frame}.substr(kSkippableHeaderBytes)));
    base::append(frame, static_cast<std::uint32_t>(size));
    return frame;
}

std::expected<Record, std::string> decode_record(std::string_view frame)
{
    if (frame.size() < kAroundBytes || (read_u32(frame) != kRecordMagic && read_u32(frame) != kSearchMagic))
        return std::unexpected{"it is not a record of an archive"};
    const auto body = frame.substr(kSkippableHeaderBytes, frame.size() - kSkippableHeaderBytes - kTrailerBytes);
    if (!body.starts_with(kTag)) return std::unexpected{"it is not a record of an archive"};
    if (read_u32(frame, frame.size() - kTrailerBytes) != crc32(body))
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
