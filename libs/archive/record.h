// The records of an archive file that are not batches: zstd skippable frames that say what they are, with a checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace peer_observer::archive {

inline constexpr std::uint32_t kFormatVersion = 1;

/// Magic numbers as the first four bytes of a frame, least significant byte first.
inline constexpr std::uint32_t kZstdMagic = 0xFD2FB528;
inline constexpr std::uint32_t kSkippableMagic = 0x184D2A50; ///< and the 15 numbers after it
inline constexpr std::uint32_t kRecordMagic = 0x184D2A5A;    ///< the one of them that our records have
inline constexpr std::uint32_t kSearchMagic = 0x184D2A5B;    ///< of search records: readers of old pass over them
inline constexpr std::size_t kSkippableHeaderBytes = 8;      ///< the magic number and the size of what follows

/// Limits that a reader holds a file to before it allocates anything.
inline constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20U;
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20U;   ///< of a header or gap
inline constexpr std::size_t kMaxContentBytes = std::size_t{32} << 20U; ///< of a frame of batches, decompressed
inline constexpr std::size_t kMaxFrameBytes = std::size_t{33} << 20U;   ///< compressed; zstd adds at most 1/256
inline constexpr std::size_t kMaxIndexEntries = 100'000;                ///< frames, gaps and search records of a file

enum class RecordType : char { header = 'H', gap = 'G', index = 'I', search = 'S' };

struct Record {
    RecordType type;
    std::string_view protobuf; ///< ArchiveHeader, ArchiveGap, ArchiveIndex, ArchiveSearch
};

/// A whole skippable frame. Throws std::length_error where it would be larger than kMaxRecordBytes.
std::string encode_record(RecordType type, std::string_view protobuf);

/// Reads a whole skippable frame. The error says what is wrong.
std::expected<Record, std::string> decode_record(std::string_view frame);

/// A record ends with its own size, so that the index is found from the end of the file. Bytes at the end to look at:
inline constexpr std::size_t kRecordSizeBytes = 4;
/// The size that the last bytes of a file tell; 0 where they are too few.
std::size_t record_size_from_end(std::string_view last_bytes);

/// The number at `offset`; numbers in files are little-endian. Throws std::out_of_range where there are not enough
/// bytes.
std::uint32_t read_u32(std::string_view bytes, std::size_t offset = 0);

} // namespace peer_observer::archive
