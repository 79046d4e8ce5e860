// Walks through an archive file, frame by frame, and through damage.
#pragma once

#include "libs/archive/input_file.h"
#include "libs/base/c_handle.h"
#include "libs/events/batch.h"
#include "proto/archive.pb.h"

#include <zstd.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::archive {

/// One frame, checked; or a stretch of bytes that is none.
struct Chunk {
    enum class Kind {
        header,
        batches,
        gap,
        index,
        foreign, ///< a skippable frame that somebody else has put there
        damage,
    };

    Kind kind = Kind::damage;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string_view bytes;             ///< header, batches, gap, index: the frame as it lies in the file
    std::string_view content;           ///< batches: decompressed
    std::vector<events::Batch> batches; ///< batches: views into `content`
    proto::ArchiveHeader header;
    proto::ArchiveGap gap;
    std::string problem; ///< damage
};

class Scanner {
public:
    explicit Scanner(InputFile& file) : file_{file} {}

    /// The next chunk, nothing at the end. What it views is valid until the next call.
    std::optional<Chunk> next();

    /// Where next() reads.
    std::uint64_t position() const { return position_; }
    void seek(std::uint64_t offset) { position_ = offset; }

    /// Batches of other publishers are damage from now on: bytes inside a damaged frame that look like a frame may come
    /// from a peer of the node.
    void expect_sources(const proto::ArchiveHeader& header) { expected_ = header; }

    /// Where to go on after a damaged frame whose size cannot be told: the lowest of these that is behind it.
    /// Ascending.
    void set_known_offsets(std::vector<std::uint64_t> offsets) { known_offsets_ = std::move(offsets); }

private:
    struct Failure {
        std::string problem;
        std::uint64_t size = 0; ///< of the frame, as far as it can be told; 0 = it cannot
    };

    std::expected<Chunk, Failure> read_chunk(std::uint64_t offset);
    std::expected<Chunk, Failure> read_skippable(std::uint64_t offset);
    std::expected<Chunk, Failure> read_batches(std::uint64_t offset);
    std::expected<std::uint64_t, std::string> frame_size(std::uint64_t offset);
    bool is_expected(const events::Batch& batch) const;
    bool starts_frame(std::uint64_t offset);
    std::uint64_t find_next(std::uint64_t offset, std::uint64_t declared_size);

    InputFile& file_;
    std::uint64_t position_ = 0;
    std::optional<proto::ArchiveHeader> expected_;
    std::vector<std::uint64_t> known_offsets_;
    base::CHandle<ZSTD_DCtx, ZSTD_freeDCtx> decompressor_{ZSTD_createDCtx()};
    std::string content_;
};

/// What the index says about a chunk of batches. In a file of several publishers the numbers say nothing.
proto::ArchiveFrame describe_frame(const Chunk& chunk, bool has_one_source);

/// The index at the end of a file; nothing if there is none. The error says what is wrong with it.
std::expected<std::optional<proto::ArchiveIndex>, std::string> read_index(InputFile& file);

} // namespace peer_observer::archive
