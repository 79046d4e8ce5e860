// Holds search records against the frames that they are about.
#pragma once

#include "libs/archive/frame_contents.h"
#include "libs/archive/input_file.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace peer_observer::archive {

class SearchCheck {
public:
    /// Of a file with that index, which outlives this. Throws std::system_error.
    SearchCheck(const std::filesystem::path& path, const proto::ArchiveIndex& index);

    /// Whether there is a record about every frame, by rules that are known.
    bool covers_all() const;
    /// Whether what a record says about the frame leaves nothing of `found` out; or no record is about it.
    bool is_right(std::uint64_t offset, const FrameContents& found);

private:
    InputFile file_;
    const proto::ArchiveIndex& index_;
    std::unordered_map<std::uint64_t, int> records_; ///< by the offset of a frame
    int loaded_ = -1;
    std::string record_; ///< the one that is loaded
};

} // namespace peer_observer::archive
