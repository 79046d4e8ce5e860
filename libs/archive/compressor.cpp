#include "libs/archive/compressor.h"

#include "libs/archive/record.h"
#include "libs/base/c_handle.h"

#include <zstd.h>

#include <stdexcept>
#include <utility>

namespace peer_observer::archive {
namespace {

using Context = base::CHandle<ZSTD_CCtx, ZSTD_freeCCtx>;

std::size_t check(std::size_t result)
{
    if (ZSTD_isError(result) != 0) throw std::runtime_error{std::string{"zstd: "} + ZSTD_getErrorName(result)};
    return result;
}

std::string compress_frame(int level, const std::string& content)
{
    // Its tables are large: made once a thread.
    static thread_local const Context context{ZSTD_createCCtx()};
    if (!context) throw std::bad_alloc{};
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));
    std::string frame(ZSTD_compressBound(content.size()), '\0');
    frame.resize(check(ZSTD_compress2(context.get(), frame.data(), frame.size(), content.data(), content.size())));
    return frame;
}

} // namespace

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
    std::packaged_task<std::string()> task{
        [level = level_, content = std::move(content)] { return compress_frame(level, content); }};
    auto result = task.get_future();
    if (threads_.empty()) {
        task();
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
    for (;;) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
    }
}

} // namespace peer_observer::archive
