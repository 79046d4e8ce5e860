// Compresses frames, on this thread or on others.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace peer_observer::archive {

inline constexpr int kMinLevel = 1;
inline constexpr int kMaxLevel = 19;

/// How many bytes of batches make a good frame of that level: twice the window in which zstd finds repetitions, so that
/// little is lost by forgetting them at its start (docs/adr/0006-large-frames-and-a-journal.md).
std::size_t good_frame_bytes(int level);

class Compressor {
public:
    /// level: kMinLevel to kMaxLevel; std::invalid_argument for others. threads: how many to start; 0 = compress()
    /// works where it is called. A thread that finds its next frame waiting when it has finished one is behind, and
    /// compresses that as fast as possible.
    explicit Compressor(int level, std::size_t threads = 0);
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    std::size_t threads() const { return threads_.size(); }

    /// One zstd frame with content size and checksum. Throws std::length_error for more than kMaxContentBytes.
    std::future<std::string> compress(std::string content);

private:
    void work();

    int level_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::packaged_task<std::string(int level)>> tasks_;
    bool ending_ = false;
    std::vector<std::jthread> threads_;
};

} // namespace peer_observer::archive
