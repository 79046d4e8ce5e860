// The file that a verb makes of other files: its options, and frames of the size that suits the level.
#pragma once

#include "libs/archive/compressor.h"
#include "libs/archive/content.h"
#include "libs/archive/file_writer.h"
#include "libs/events/batch.h"
#include "proto/archive.pb.h"
#include "services/archive-reader/verbs.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace peer_observer::archive_reader {

void add_new_archive_options(options_description& options);

struct NewArchiveOptions {
    std::filesystem::path output; ///< does not exist yet
    int level;
};
/// Throws app::UsageError, and std::runtime_error where the file exists.
NewArchiveOptions read_new_archive_options(const variables_map& values);

/// Errors of writing are std::system_error, and call for abandon().
class NewArchive {
public:
    /// `advice`: what to do where it becomes too much for one file.
    NewArchive(const NewArchiveOptions& options, const proto::ArchiveHeader& header, std::string advice);

    void add(const events::Batch& batch);
    void add(const proto::ArchiveGap& gap);
    void finish();

    /// Deletes what is written so far, and throws std::runtime_error with `why`.
    [[noreturn]] void abandon(const std::string& why);

    const std::filesystem::path& path() const { return writer_.path(); }
    std::uint64_t events() const { return events_; } ///< in finished frames

private:
    void write_frame();

    archive::FileWriter writer_;
    archive::Compressor compressor_;
    std::size_t frame_bytes_;
    bool has_one_source_;
    std::string advice_;
    archive::Content content_;
    archive::FrameContents contents_;     ///< what is in it
    std::vector<proto::ArchiveGap> gaps_; ///< in front of the content
    std::uint64_t events_ = 0;
};

} // namespace peer_observer::archive_reader
