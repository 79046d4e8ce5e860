#include "libs/archive/compressor.h"

#include "libs/archive/record.h"
#include "libs/base/c_handle.h"

#include <zstd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace peer_observer::archive {
namespace {

/// zstd's levels below 1 are faster still; and events are mostly hashes, which no level makes smaller.
constexpr int kFastLevel = -10;

using Context = base::CHandle<ZSTD_CCtx, ZSTD_freeCCtx>;

std::size_t check(std::size_t result)
{
    if (ZSTD_isError(result) != 0) throw std::runtime_error{std::string{"zstd: "} + ZSTD_getErrorName(result)};
    return result;
}

std::string compress_frame(int level, const std::string& content)
{
    // They are large: made once a thread.
    static thread_local const Context context{ZSTD_createCCtx()};
    if (!context) throw std::bad_alloc{};
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));
    static thread_local std::vector<char> space;
    space.resize(std::max(space.size(), ZSTD_compressBound(content.size())));
    const auto size = check(ZSTD_compress2(context.get(), space.data(), space.size(), content.data(), content.size()));
    return {space.data(), size};
}

} // namespace

std::size_t good_frame_bytes(int level)
{
    // The windows of zstd 1.5 (lib/compress/clevels.h): at most 2 MiB, 4 MiB, 8 MiB.
    const std::size_t mebibytes = level <= 8 ? 4 : level <= 16 ? 8 : 16;
    return mebibytes << 20U;
}

Compressor::Compressor(int level, std::size_t threads) : level_{level}
{
    if (level < kMinLevel || level > kMaxLevel) throw std::invalid_argument{"a compression level is from 1 to 19"};
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

Compressor::~Compressor()
{
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    changed_.notify_all();
}

std::future<std::string> Compressor::compress(std::string content)
{
    if (content.size() > kMaxContentBytes) throw std::length_error{"a frame of an archive is too big"};
    std::packaged_task<std::string(int)> task{
        [content = std::move(content)](int level) { return compress_frame(level, content); }};
    auto result = task.get_future();
    if (threads_.empty()) {
        task(level_);
        return result;
    }
    {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return result;
}

void Compressor::work()
{
    for (bool has_worked = false;; has_worked = true) {
        std::unique_lock lock{mutex_};
        const bool is_behind = has_worked && !tasks_.empty();
        changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task(is_behind ? kFastLevel : level_);
    }
}

} // namespace peer_observer::archive
