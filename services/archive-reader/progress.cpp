#include "services/archive-reader/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace peer_observer::archive_reader {
namespace {

using std::chrono::steady_clock;

constexpr auto kInterval = std::chrono::milliseconds{200};
constexpr std::size_t kWidth = 40;
constexpr double kMebibyte = 1 << 20;

} // namespace

Progress::Progress(std::uint64_t total, bool prints)
    : total_{total}, visible_{isatty(STDERR_FILENO) == 1 && !(prints && isatty(STDOUT_FILENO) == 1)},
      started_{steady_clock::now()}, next_{started_ + kInterval}
{}

Progress::~Progress() { hide(); }

void Progress::next_file(std::uint64_t size)
{
    before_ += file_size_;
    file_size_ = size;
}

void Progress::update(std::uint64_t position)
{
    const auto now = steady_clock::now();
    if (!visible_ || now < next_) return;
    next_ = now + kInterval;
    shown_ = true;
    const auto done = static_cast<double>(before_ + position);
    const double share = total_ == 0 ? 1 : std::min(1.0, done / static_cast<double>(total_));
    const auto filled = static_cast<std::size_t>(share * kWidth);
    const double seconds = std::chrono::duration<double>(now - started_).count();
    fmt::print(stderr, "\r[{}{}] {:3.0f}% of {:.0f} MiB, {:.0f} MiB/s \x1b[K", std::string(filled, '#'),
               std::string(kWidth - filled, ' '), share * 100, static_cast<double>(total_) / kMebibyte,
               done / kMebibyte / seconds);
    (void)std::fflush(stderr);
}

void Progress::hide()
{
    if (!shown_) return;
    shown_ = false;
    fmt::print(stderr, "\r\x1b[K");
}

} // namespace peer_observer::archive_reader
