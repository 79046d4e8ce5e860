#include "libs/archive/search_index.h"

#include "libs/archive/file_name.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/reader.h"
#include "libs/archive/search_check.h"
#include "libs/base/sync_folder.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace peer_observer::archive {
namespace {

// No archive file's name, also with ".open" behind it: nobody takes it for one.
constexpr auto kSuffix = ".indexing";

[[noreturn]] void fail_to_write(const std::error_code& error, const std::filesystem::path& path)
{
    throw std::system_error{error, "cannot write " + path.native()};
}

/// What an earlier run left that was killed. Another one holds its lock.
void remove_left_over(const std::filesystem::path& path)
{
    if (!std::filesystem::exists(path)) return;
    const InputFile file{path};
    if (flock(file.fd(), LOCK_EX | LOCK_NB) != 0)
        throw std::system_error{errno, std::generic_category(), path.native() + " is being written"};
    std::filesystem::remove(path);
}

void keep_owner_and_mode(const std::filesystem::path& from, const std::filesystem::path& to)
{
    struct stat status{};
    if (stat(from.c_str(), &status) != 0) return;
    (void)chmod(to.c_str(), status.st_mode & 07777U);
    if (chown(to.c_str(), status.st_uid, status.st_gid) != 0) return; // only root may give files away
}

void copy(Reader& reader, FileWriter& writer, const Progress& progress)
{
    const bool has_one_source = reader.header()->sources_size() == 1;
    std::vector<proto::ArchiveGap> gaps;
    const auto append = [&](const proto::ArchiveFrame& frame, std::string_view bytes, const std::string& contents) {
        if (const auto error = writer.append(gaps, frame, bytes, contents)) fail_to_write(error, writer.path());
        gaps.clear();
    };
    while (const auto chunk = reader.next()) {
        if (progress) progress(reader.position(), reader.size());
        if (chunk->kind == Chunk::Kind::damage)
            throw std::runtime_error{reader.path().native() + " is damaged: repair it first"};
        if (chunk->kind == Chunk::Kind::gap) gaps.push_back(chunk->gap);
        if (chunk->kind != Chunk::Kind::batches) continue;
        FrameContents contents;
        const auto frame = describe_frame(*chunk, has_one_source, &contents);
        append(frame, chunk->bytes, contents.serialize());
    }
    if (!gaps.empty()) append({}, {}, {});
    if (writer.index().frames_size() != reader.index()->frames_size())
        throw std::runtime_error{reader.path().native() + " has other frames than its index: repair it first"};
}

} // namespace

bool add_search_records(const std::filesystem::path& path, const Progress& progress)
{
    Reader reader{path};
    if (reader.is_open() || !reader.header() || reader.index() == nullptr)
        throw std::runtime_error{path.native() + " is open or damaged: repair it first"};
    if (SearchCheck{path, *reader.index()}.covers_all()) return false;

    const std::filesystem::path other{path.native() + kSuffix};
    const std::filesystem::path other_open{other.native() + kOpenExtension};
    remove_left_over(other_open);
    std::filesystem::remove(other);
    try {
        FileWriter writer{other, *reader.header()};
        copy(reader, writer, progress);
        if (const auto error = writer.close()) fail_to_write(error, other);
        keep_owner_and_mode(path, other);
        std::filesystem::last_write_time(other, std::filesystem::last_write_time(path)); // by which it is deleted
        std::filesystem::rename(other, path);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(other_open, ignored);
        std::filesystem::remove(other, ignored);
        throw;
    }
    if (const auto error = base::sync_folder(path.parent_path())) fail_to_write(error, path);
    return true;
}

} // namespace peer_observer::archive
