#include "services/archiver/directory.h"

#include "libs/archive/content.h"
#include "libs/archive/file_name.h"
#include "libs/archive/reader.h"
#include "libs/archive/recovery.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace peer_observer::archiver {
namespace {

namespace fs = std::filesystem;

constexpr auto kLockName = ".lock";

/// Calls `visit` with the files of all nodes that an archiver writes or wrote. A file may go away meanwhile.
bool is_of_archiver(const fs::path& path) { return archive::is_recording(path) || archive::is_open_archive(path); }

template <typename Visit>
void for_each_file(const fs::path& directory, const Visit& visit)
{
    std::error_code ignored;
    for (const auto& node : fs::directory_iterator{directory, ignored}) {
        if (!node.is_directory(ignored)) continue;
        for (const auto& file : fs::directory_iterator{node.path(), ignored})
            if (is_of_archiver(file.path()) && file.is_regular_file(ignored)) visit(file);
    }
}

std::string read_pid(int fd)
{
    std::array<char, 16> text{};
    const auto size = pread(fd, text.data(), text.size() - 1, 0);
    std::string pid{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    std::erase_if(pid, [](char c) { return c < '0' || c > '9'; });
    return pid.empty() ? "" : " (process " + pid + ")";
}

} // namespace

Directory::Directory(const fs::path& path, Counters& counters) : path_{path}, counters_{counters}
{
    std::error_code problem;
    fs::create_directories(path_, problem);
    if (problem) throw std::system_error{problem, "cannot create the folder " + path_.native()};
    const auto lock_path = path_ / kLockName;
    lock_ = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ < 0) throw std::system_error{errno, std::generic_category(), "cannot open " + lock_path.native()};
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const auto pid = read_pid(lock_);
        close(lock_);
        if (error == EWOULDBLOCK)
            throw std::runtime_error{
                fmt::format("another archiver{} writes to {}; give each a folder of its own", pid, path_.native())};
        throw std::system_error{error, std::generic_category(), "cannot lock " + lock_path.native()};
    }
    // For the message above only: where it cannot be written, the lock holds all the same.
    const auto pid = fmt::format("{}\n", getpid());
    if (ftruncate(lock_, 0) == 0) (void)!write(lock_, pid.data(), pid.size());
}

Directory::~Directory() { close(lock_); }

void Directory::recover()
{
    std::vector<fs::path> open_files;
    for_each_file(path_, [&](const fs::directory_entry& file) {
        if (archive::is_open_archive(file.path())) open_files.push_back(file.path());
    });
    std::vector<fs::path> closed;
    for (const auto& path : open_files) {
        try {
            const auto recovery = archive::close_open_file(path);
            ++counters_.recovered_files;
            spdlog::warn("{}",
                         recovery.path.empty()
                             ? fmt::format("removed {}: its writer was stopped before it held an event", path.native())
                             : fmt::format("closed {}, whose writer was stopped: {} events, {} bytes cut",
                                           path.native(), recovery.events, recovery.cut_bytes));
            for (const auto& problem : recovery.problems)
                spdlog::warn("{}: {}", recovery.path.native(), problem);
            if (!recovery.path.empty()) closed.push_back(recovery.path);
        } catch (const std::system_error& error) {
            if (error.code() == std::errc::resource_unavailable_try_again) continue; // we are writing it
            ++counters_.write_errors;
            spdlog::warn("cannot close {}: {}", path.native(), error.what());
        }
    }
    // A journal and the file that has its frame: the writer was stopped between writing the one and deleting the other.
    for (const auto& path : closed) {
        std::error_code error;
        if (!archive::is_contained_elsewhere(path)) continue;
        fs::remove(path, error);
        spdlog::info("removed {}: another file has its events", path.native());
    }
}

fs::path Directory::new_file(const std::string& node, std::uint64_t start_ns, std::uint64_t publisher_id,
                             unsigned number) const
{
    const auto folder = path_ / node;
    fs::create_directories(folder);
    for (;; ++number) {
        const auto path = folder / (archive::file_stem(start_ns, publisher_id, number) + archive::kExtension);
        if (!fs::exists(path) && !fs::exists(path.native() + archive::kOpenExtension)) return path;
    }
}

std::optional<std::uint64_t> Directory::end_sequence(const std::string& node, std::uint64_t publisher_id) const
{
    std::optional<std::uint64_t> end;
    const auto id = "-" + archive::publisher_text(publisher_id);
    std::error_code none;
    for (const auto& file : fs::directory_iterator{path_ / node, none}) {
        const auto name = file.path().filename().native();
        if (!archive::is_archive(name) || archive::is_open_archive(name) || name.find(id) == std::string::npos)
            continue;
        const auto is_own = [&](const proto::ArchiveSource& source) {
            return source.publisher_id() == publisher_id && source.node() == node;
        };
        try {
            const archive::Reader reader{file.path()};
            const auto* const index = reader.index();
            if (index == nullptr || !reader.header() || reader.header()->sources_size() != 1) continue;
            if (is_own(reader.header()->sources(0)))
                for (const auto& frame : index->frames())
                    end = std::max(end.value_or(0), frame.end_sequence());
            for (const auto& gap : index->gaps())
                if (is_own(gap.source())) end = std::max(end.value_or(0), archive::end_sequence(gap));
        } catch (const std::runtime_error&) { // NOLINT(bugprone-empty-catch): not readable: it tells nothing
        }
    }
    return end;
}

std::optional<fs::file_time_type> Directory::newest() const
{
    std::optional<fs::file_time_type> newest;
    for_each_file(path_, [&](const fs::directory_entry& file) {
        std::error_code gone;
        const auto time = file.last_write_time(gone);
        if (!gone && (!newest || time > *newest)) newest = time;
    });
    return newest;
}

void Directory::retain(const Limits& limits, fs::file_time_type now)
{
    struct File {
        fs::file_time_type time;
        fs::path path;
        std::uint64_t size;
    };
    std::vector<File> closed;
    std::uint64_t total = 0;
    for_each_file(path_, [&](const fs::directory_entry& file) {
        std::error_code gone;
        const auto size = file.file_size(gone);
        const auto time = file.last_write_time(gone);
        if (gone) return;
        total += size;
        if (!archive::is_open_archive(file.path())) closed.push_back({time, file.path(), size});
    });
    std::ranges::sort(closed, {}, [](const File& file) { return std::tie(file.time, file.path); });

    for (const auto& file : closed) {
        const bool too_much = limits.bytes > 0 && total > limits.bytes;
        const bool too_old = limits.age.count() > 0 && file.time + limits.age < now;
        if (!too_much && !too_old) continue;
        std::error_code error;
        fs::remove(file.path, error);
        if (error) {
            spdlog::warn("cannot delete {}: {}", file.path.native(), error.message());
            continue;
        }
        total -= file.size;
        ++counters_.deleted_files;
        spdlog::info("deleted {}: {}", file.path.native(), too_old ? "too old" : "the archive was too big");
    }
    counters_.archive_bytes = total;
}

} // namespace peer_observer::archiver
