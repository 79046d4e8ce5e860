#include "services/log-extractor/follower.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace peer_observer::log_extractor {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10U;
// Less is not enough to find a place again in a file that was cut.
constexpr std::size_t kShortestContext = 64;

/// As many bytes as there are, up to `size`.
std::string read_at(int file, std::uint64_t offset, std::size_t size)
{
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const auto count = pread(file, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return bytes;
}

std::string read_before(int file, std::uint64_t offset, std::size_t size)
{
    const auto begin = offset - std::min<std::uint64_t>(offset, size);
    return read_at(file, begin, static_cast<std::size_t>(offset - begin));
}

bool is_at(int file, std::uint64_t offset, std::string_view context)
{
    return offset >= context.size() && read_at(file, offset - context.size(), context.size()) == context;
}

/// The place behind the first occurrence of the text.
std::optional<std::uint64_t> find_behind(int file, std::string_view text)
{
    if (text.size() < kShortestContext) return {};
    std::string window;
    for (std::uint64_t begin = 0;;) {
        const auto more = read_at(file, begin + window.size(), kReadBytes);
        if (more.empty()) return {};
        window += more;
        if (const auto found = window.find(text); found != std::string::npos) return begin + found + text.size();
        const auto keep = std::min(window.size(), text.size() - 1);
        begin += window.size() - keep;
        window.erase(0, window.size() - keep);
    }
}

/// Where the last line begins that is not complete, or the next one will.
std::uint64_t last_line_start(int file, std::uint64_t size)
{
    const auto tail = read_before(file, size, kReadBytes);
    const auto newline = tail.rfind('\n');
    return newline == std::string::npos ? size : size - tail.size() + newline + 1;
}

} // namespace

Follower::Follower(std::string path, Start start, std::optional<Position> saved)
    : path_{std::move(path)}, start_{start}, saved_{std::move(saved)}, inotify_{inotify_init1(IN_CLOEXEC | IN_NONBLOCK)}
{
    if (!inotify_) throw std::system_error{errno, std::generic_category(), "inotify_init1"};
    if (path_ == "-") {
        begin(base::Descriptor{fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)}, 0);
        return;
    }
    open_first();
}

/// Until it succeeds, it is called at each read.
void Follower::open_first()
{
    // What is created or moved into the folder may be the file.
    const auto folder = std::filesystem::path{path_}.parent_path();
    inotify_add_watch(inotify_.get(), folder.empty() ? "." : folder.c_str(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);

    base::Descriptor file{open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0) {
        note_failure(errno);
        if (failure_ == ENOENT) start_ = Start::beginning; // it will be new
        return;
    }
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
        throw std::runtime_error{fmt::format("{} is neither a file nor a FIFO", path_)};
    if (std::exchange(failure_, 0) != 0) spdlog::info("{} is there", path_);
    if (S_ISFIFO(status.st_mode)) {
        begin(std::move(file), 0);
        return;
    }
    if (saved_ && resume(file, status)) return;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto offset = start_ == Start::beginning || saved_ ? 0 : last_line_start(file.get(), size);
    before_start_ = read_before(file.get(), offset, kReadBytes);
    begin(std::move(file), offset);
}

void Follower::begin(base::Descriptor file, std::uint64_t offset)
{
    struct stat status{};
    if (fstat(file.get(), &status) != 0)
        throw std::system_error{errno, std::generic_category(), "cannot open " + path_};
    file_ = std::move(file);
    is_pipe_ = path_ == "-" || S_ISFIFO(status.st_mode);
    inode_ = status.st_ino;
    offset_ = offset;
    recent_ = is_pipe_ ? "" : read_before(file_.get(), offset, Position::kContextBytes);
    if (file_watch_ >= 0) inotify_rm_watch(inotify_.get(), file_watch_);
    const auto opened = fmt::format("/proc/self/fd/{}", file_.get());
    file_watch_ = is_pipe_ ? -1 : inotify_add_watch(inotify_.get(), opened.c_str(), IN_MODIFY);
}

/// Continues where the last run stopped. `file` is what has the name now.
bool Follower::resume(base::Descriptor& file, const struct stat& status)
{
    const auto saved = *std::exchange(saved_, std::nullopt);
    start_ = Start::beginning; // else the lines in between would be missing
    if (status.st_ino == saved.inode && is_at(file.get(), saved.offset, saved.context)) {
        begin(std::move(file), saved.offset);
        return true;
    }
    saved_ = saved;
    if (auto renamed = find_renamed_file()) {
        begin(std::move(renamed), saved.offset);
        saved_.reset();
        return true;
    }
    saved_.reset();
    if (const auto offset = find_behind(file.get(), saved.context)) {
        begin(std::move(file), *offset);
        return true;
    }
    spdlog::warn("{}: the text at which the last run stopped is gone; starting at the beginning of the file. Lines in "
                 "between may be missing",
                 path_);
    return false;
}

/// The file in which the last run stopped, under the name that it has now.
base::Descriptor Follower::find_renamed_file() const
{
    const auto folder = std::filesystem::path{path_}.parent_path();
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder.empty() ? "." : folder, error}) {
        base::Descriptor file{open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
        struct stat status{};
        if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_ino != saved_->inode)
            continue;
        if (is_at(file.get(), saved_->offset, saved_->context)) return file;
    }
    return {};
}

Follower::Chunk Follower::read()
{
    if (!file_) open_first();
    if (!file_) return {};
    if (is_pipe_) return read_pipe();
    if (const auto chunk = read_file(); !chunk.bytes.empty() || chunk.is_new_text) return chunk;
    if (!next_file_has_content()) return {};
    // The node writes into the new file: what is in the old one now is all that will be.
    if (const auto rest = read_file(); !rest.bytes.empty()) return rest;
    base::Descriptor next{open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!next) {
        note_failure(errno);
        return {};
    }
    failure_ = 0;
    spdlog::info("{} is another file now", path_);
    ++rotations_;
    is_new_text_ = true;
    begin(std::move(next), 0);
    return is_pipe_ ? read_pipe() : read_file();
}

/// A new file without content may be one that logrotate made: the node writes into the old one until it is told.
bool Follower::next_file_has_content() const
{
    struct stat status{};
    if (stat(path_.c_str(), &status) != 0 || status.st_ino == inode_) return false;
    return S_ISFIFO(status.st_mode) || (S_ISREG(status.st_mode) && status.st_size > 0);
}

Follower::Chunk Follower::read_file()
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        buffer_ = read_at(file_.get(), offset_ - recent_.size(), recent_.size() + kReadBytes);
        const std::string_view bytes = buffer_;
        if (bytes.starts_with(recent_)) return chunk(bytes.substr(recent_.size()));
        restart_in_changed_file();
    }
    return {};
}

/// The file was cut: by copytruncate, or at its front by a node that starts (-shrinkdebugfile).
void Follower::restart_in_changed_file()
{
    const auto offset = find_behind(file_.get(), recent_).value_or(0);
    spdlog::info("{} was truncated; reading on at byte {}", path_, offset);
    ++truncations_;
    is_new_text_ = true;
    offset_ = offset;
    recent_ = read_before(file_.get(), offset, Position::kContextBytes);
}

Follower::Chunk Follower::read_pipe()
{
    pollfd ready{file_.get(), POLLIN, 0};
    if (poll(&ready, 1, 0) <= 0) {
        is_without_writer_ = false;
        return {};
    }
    buffer_.resize(kReadBytes);
    const auto count = ::read(file_.get(), buffer_.data(), buffer_.size());
    if (count > 0) return chunk({buffer_.data(), static_cast<std::size_t>(count)});
    if (count == 0 && path_ == "-") has_ended_ = true;
    is_without_writer_ = count == 0;
    return {};
}

Follower::Chunk Follower::chunk(std::string_view bytes)
{
    const auto begin = std::exchange(offset_, offset_ + bytes.size());
    recent_.append(bytes.substr(bytes.size() - std::min(bytes.size(), Position::kContextBytes)));
    if (recent_.size() > Position::kContextBytes) recent_.erase(0, recent_.size() - Position::kContextBytes);
    return {bytes, begin, std::exchange(is_new_text_, false)};
}

void Follower::wait(std::chrono::milliseconds longest, int other)
{
    const bool is_ready_pipe = file_ && is_pipe_ && !is_without_writer_;
    std::array<pollfd, 3> ready{
        {{other, POLLIN, 0}, {inotify_.get(), POLLIN, 0}, {is_ready_pipe ? file_.get() : -1, POLLIN, 0}}};
    poll(ready.data(), ready.size(), static_cast<int>(longest.count()));
    // That there was something is all that counts: read() looks at everything.
    std::array<char, 4096> events{};
    while (::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
}

std::optional<Position> Follower::position(std::uint64_t offset) const
{
    if (!file_ || is_pipe_) return {};
    auto context = offset == offset_ ? recent_ : read_before(file_.get(), offset, Position::kContextBytes);
    return Position{.inode = inode_, .offset = offset, .context = std::move(context)};
}

void Follower::note_failure(int number)
{
    if (std::exchange(failure_, number) != number)
        spdlog::warn("cannot open {}: {}; retrying", path_, std::strerror(number));
}

} // namespace peer_observer::log_extractor
