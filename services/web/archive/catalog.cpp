#include "services/web/archive/catalog.h"

#include "libs/archive/file_name.h"
#include "libs/archive/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostFiles = 100'000;

std::uint64_t written_ns(const std::filesystem::path& path)
{
    std::error_code error;
    const auto time = std::filesystem::last_write_time(path, error);
    if (error) return 0;
    const std::chrono::nanoseconds since = std::chrono::file_clock::to_sys(time).time_since_epoch();
    return static_cast<std::uint64_t>(since.count());
}

ArchiveFile describe(const std::filesystem::path& path)
{
    ArchiveFile file{.path = path};
    try {
        const archive::Reader reader{path};
        file.bytes = reader.size();
        file.is_open = reader.is_open();
        if (!reader.header()) {
            file.problem = "its header is damaged";
            return file;
        }
        for (const auto& source : reader.header()->sources())
            if (std::ranges::find(file.nodes, source.node()) == file.nodes.end()) file.nodes.push_back(source.node());
        if (const auto* index = reader.index()) {
            file.from_ns = archive::Range::kEnd;
            for (const auto& frame : index->frames()) {
                file.from_ns = std::min<std::uint64_t>(file.from_ns, frame.earliest_ns());
                file.to_ns = std::max<std::uint64_t>(file.to_ns, frame.latest_ns());
                file.events += frame.events();
            }
            if (index->frames().empty()) file.from_ns = file.to_ns = reader.header()->created_ns();
        } else {
            file.from_ns = reader.header()->created_ns();
            file.to_ns = std::max(file.from_ns, written_ns(path));
        }
    } catch (const std::exception& error) {
        file.problem = error.what();
    }
    return file;
}

} // namespace

std::vector<ArchiveFile> read_catalog(const std::filesystem::path& directory)
{
    std::vector<std::filesystem::path> paths;
    try {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{
                 directory, std::filesystem::directory_options::skip_permission_denied})
            if (entry.is_regular_file() && archive::is_archive(entry.path()) && paths.size() < kMostFiles)
                paths.push_back(entry.path());
    } catch (const std::filesystem::filesystem_error& error) {
        throw std::runtime_error{fmt::format("--archive {}: {}", directory.string(), error.code().message())};
    }
    std::ranges::sort(paths);
    std::vector<ArchiveFile> files;
    files.reserve(paths.size());
    for (const auto& path : paths)
        files.push_back(describe(path));
    return files;
}

std::vector<std::filesystem::path> files_from(const std::vector<ArchiveFile>& files, std::uint64_t from_ns)
{
    std::vector<std::filesystem::path> paths;
    for (const auto& file : files)
        if (file.problem.empty() && file.to_ns >= from_ns && file.from_ns < from_ns + kWindowNs)
            paths.push_back(file.path);
    return paths;
}

} // namespace peer_observer::web
