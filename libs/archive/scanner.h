// Walks through an archive file, frame by frame, and through damage.
#pragma once

#include "libs/archive/frame_contents.h"
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
        search,
        skipped, ///< from a Reader that searches: a frame that has nothing of what is looked for
        foreign, ///< a skippable frame that somebody else has put there
        damage,
    };

    Kind kind = Kind::damage;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string_view bytes;             ///< header, batches, gap, index, search: the frame as it lies in the file
    std::string_view content;           ///< batches: decompressed
    std::vector<events::Batch> batches; ///< batches: views into `content`
    proto::ArchiveHeader header;
    proto::ArchiveGap gap;
    proto::ArchiveFrame skipped; ///< what the index says about it
    std::string_view search;     ///< ArchiveSearch
    /// gap, from a Reader of a time range: the event in front of it and the one behind it, or what is known of them.
    std::uint64_t after_ns = 0;
    std::uint64_t before_ns = 0;
    std::string problem; ///< damage
};

/// The index at the end of a file.
struct Index {
    proto::ArchiveIndex entries;
    std::uint64_t offset = 0; ///< where its record starts
};

/// A peer of the node can send a message that holds any frame or record, and zstd stores what does not compress as it
/// is. So what is found behind damage is believed only if it is a batch or gap of an expected publisher, whose id no
/// peer sees; and then what follows it without damage.
class Scanner {
public:
    explicit Scanner(InputFile& file) : file_{file} {}

    /// The next chunk, nothing at the end. What it views is valid until the next call.
    std::optional<Chunk> next();

    /// Where next() reads.
    std::uint64_t position() const { return position_; }
    /// To the start of the file, or to where a good frame or the index leads.
    void seek(std::uint64_t offset)
    {
        position_ = offset;
        is_led_to_ = true;
    }

    /// Batches of other publishers are damage from now on. Before, the publishers of good frames are expected.
    void expect_sources(const proto::ArchiveHeader& header) { expected_ = header; }

    /// Tells where frames are, should one in front of them be damaged, and how much of the file is one.
    void set_index(const Index& index);

    /// The memory of the last chunk's content, which its batches view. What is swapped in may be used for the next.
    void swap_content(std::string& other) { content_.swap(other); }

private:
    struct Known {
        std::uint64_t offset = 0;
        std::size_t size = 0;
        bool is_search = false;
    };
    struct Failure {
        std::string problem;
        std::uint64_t size = 0; ///< of the frame, as far as it can be told; 0 = it cannot
    };

    std::expected<Chunk, Failure> read_chunk(std::uint64_t offset);
    std::expected<Chunk, Failure> read_skippable(std::uint64_t offset);
    std::expected<Chunk, Failure> read_batches(std::uint64_t offset);
    std::expected<std::uint64_t, std::string> frame_size(std::uint64_t offset);
    std::expected<Chunk, Failure> read_behind_damage(std::uint64_t offset);
    /// What the index says is there; size 0 = nothing.
    Known known_at(std::uint64_t offset) const;
    bool is_expected(std::string_view node, std::uint64_t publisher_id) const;
    void learn_sources(const Chunk& chunk);
    std::uint64_t find_next(std::uint64_t offset, std::uint64_t declared_size);

    InputFile& file_;
    std::uint64_t position_ = 0;
    bool is_led_to_ = true; ///< position_ is where the file starts, or where something good ends
    std::optional<proto::ArchiveHeader> expected_;
    proto::ArchiveHeader learned_; ///< publishers of good frames, where there is no header
    std::vector<Known> known_;     ///< frames and search records, ascending
    std::optional<std::uint64_t> index_offset_;
    base::CHandle<ZSTD_DCtx, ZSTD_freeDCtx> decompressor_{ZSTD_createDCtx()};
    std::string content_;
};

/// What the index says about a chunk of batches. In a file of several publishers the numbers say nothing.
proto::ArchiveFrame describe_frame(const Chunk& chunk, bool has_one_source, FrameContents* contents = nullptr);

/// The index at the end of a file; nothing if there is none. The error says what is wrong with it. It is believed only
/// if its frames follow each other up to it: the end of a truncated file may be any bytes. `header_end`: where the
/// first frame or record is; 0 = the header is damaged.
std::expected<std::optional<Index>, std::string> read_index(InputFile& file, std::uint64_t header_end);

/// The ArchiveSearch that the index tells of, valid until the next view of the file; nothing where it is damaged.
std::optional<std::string_view> read_search(InputFile& file, const proto::ArchiveSearchRecord& place);

/// Adds the batch's publisher to the header's, if it is not there.
void add_source(proto::ArchiveHeader& header, std::string_view node, std::uint64_t publisher_id);

} // namespace peer_observer::archive
