#include "services/archive-reader/ahead_reader.h"

#include "libs/archive/file_name.h"
#include "services/archive-reader/inputs.h"

#include <utility>

namespace peer_observer::archive_reader {
namespace {

// Two common frames of content. One more is in use, and one is read.
constexpr std::size_t kMostBytes = std::size_t{8} << 20U;
constexpr std::size_t kMostPieces = 64; // a file may be nothing but gaps

} // namespace

AheadReader::AheadReader(const std::vector<std::filesystem::path>& files, const archive::Range& range,
                         archive::FrameFilter* filter)
    : files_{files}, thread_{[this, range, filter](const std::stop_token& stop) { read(stop, range, filter); }}
{}

void AheadReader::read(const std::stop_token& stop, const archive::Range& range, archive::FrameFilter* filter)
{
    using enum archive::Chunk::Kind;
    std::exception_ptr error;
    try {
        Readers readers{range, filter};
        for (std::size_t file = 0; file < files_.size(); ++file) {
            if (has_gone(files_[file])) continue;
            auto& reader = readers.open(files_[file]);
            if (filter != nullptr && file + 1 < files_.size() && !archive::is_open_archive(files_[file + 1]))
                readers.open_ahead(files_[file + 1]);
            for (bool has_more = true; has_more;) {
                auto chunk = reader.next();
                has_more = chunk.has_value();
                if (stop.stop_requested()) return;
                if (chunk && chunk->kind == skipped) continue;
                Piece piece{.file = file, .file_bytes = reader.size(), .position = reader.position()};
                piece.chunk = chunk ? std::move(*chunk) : archive::Chunk{.kind = skipped};
                if (piece.chunk.kind == batches) {
                    {
                        const std::lock_guard lock{mutex_};
                        piece.content.swap(spare_);
                    }
                    reader.swap_content(piece.content);
                }
                if (!put(stop, std::move(piece))) return;
            }
        }
    } catch (...) {
        error = std::current_exception();
    }
    {
        const std::lock_guard lock{mutex_};
        error_ = error;
        has_ended_ = true;
    }
    changed_.notify_all();
}

bool AheadReader::put(const std::stop_token& stop, Piece piece)
{
    {
        std::unique_lock lock{mutex_};
        if (!changed_.wait(lock, stop, [this] { return waiting_bytes_ < kMostBytes && pieces_.size() < kMostPieces; }))
            return false;
        waiting_bytes_ += piece.content.size();
        pieces_.push_back(std::move(piece));
    }
    changed_.notify_all();
    return true;
}

const AheadReader::Piece* AheadReader::next()
{
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !pieces_.empty() || has_ended_; });
        if (pieces_.empty()) {
            if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
            return nullptr;
        }
        spare_.swap(current_.content);
        current_ = std::move(pieces_.front());
        pieces_.pop_front();
        waiting_bytes_ -= current_.content.size();
    }
    changed_.notify_all();
    return &current_;
}

} // namespace peer_observer::archive_reader
