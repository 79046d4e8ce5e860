#include "libs/archive/tracks.h"

#include "libs/archive/file_name.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace peer_observer::archive {
namespace {

std::uint64_t first_time(const events::Batch& batch)
{
    std::uint64_t time = 0;
    bool is_first = true;
    events::for_each_event(batch, [&](const events::EventView& event) {
        if (std::exchange(is_first, false)) time = event.timestamp_ns;
    });
    return time;
}

bool is_later(const std::unique_ptr<Track>& a, const std::unique_ptr<Track>& b) { return a->time_ns() > b->time_ns(); }

} // namespace

Track::Track(std::deque<std::filesystem::path> files, const Range& range, OnDamage on_damage)
    : files_{std::move(files)}, range_{range}, on_damage_{std::move(on_damage)}
{}

void Track::load()
{
    while (!chunk_) {
        if (!reader_) {
            if (files_.empty()) return;
            reader_ = std::make_unique<Reader>(files_.front(), range_);
            reader_->continue_from(latest_ns_);
        }
        chunk_ = reader_->next();
        next_batch_ = 0;
        if (!chunk_) {
            bytes_done_ += reader_->size();
            latest_ns_ = reader_->latest_ns();
            reader_.reset();
            files_.pop_front();
        } else if (chunk_->kind == Chunk::Kind::damage) {
            if (on_damage_) on_damage_(files_.front(), *chunk_);
            chunk_.reset();
        } else if (chunk_->kind == Chunk::Kind::batches && chunk_->batches.empty()) {
            chunk_.reset();
        }
    }
}

Track::Item Track::front()
{
    load();
    if (!chunk_) return {};
    if (chunk_->kind == Chunk::Kind::gap) return {.gap = &*chunk_};
    return {.batch = &chunk_->batches[next_batch_], .taken = taken_};
}

void Track::pop()
{
    taken_ = 0;
    if (chunk_ && chunk_->kind == Chunk::Kind::batches && ++next_batch_ < chunk_->batches.size()) {
        time_.reset();
        return;
    }
    chunk_.reset();
    if (front().batch != nullptr) time_.reset(); // a gap has the time of what came before it
}

void Track::pop_events(std::uint64_t count, std::uint64_t next_time_ns)
{
    taken_ += count;
    time_ = next_time_ns;
}

std::uint64_t Track::time_ns()
{
    if (!time_) {
        const auto item = front();
        time_ = item.batch != nullptr ? first_time(*item.batch) : 0;
    }
    return *time_;
}

std::uint64_t Track::bytes_done() const { return bytes_done_ + (reader_ ? reader_->position() : 0); }

void Track::close()
{
    reader_.reset();
    chunk_.reset();
}

Tracks::Tracks(const std::vector<std::filesystem::path>& files, const Range& range, const Track::OnDamage& on_damage)
{
    struct File {
        std::uint64_t first_sequence;
        std::filesystem::path path;
    };
    std::map<std::pair<std::string, std::uint64_t>, std::vector<File>> by_publisher;
    for (const auto& path : files) {
        // The journal of a file, or a file by its name until it was closed: both may go away.
        if (std::error_code error; is_open_archive(path) && !std::filesystem::exists(path, error) && !error) continue;
        Reader reader{path};
        // A file of many publishers, or of one that cannot be told, stands for itself.
        std::pair<std::string, std::uint64_t> key{path.native(), 0};
        if (reader.header() && reader.header()->sources_size() == 1)
            key = {reader.header()->sources(0).node(), reader.header()->sources(0).publisher_id()};
        if (reader.header() && reader.header()->selection().SerializeAsString() != selection_.SerializeAsString())
            selection_.MergeFrom(reader.header()->selection());
        if (reader.header())
            for (const auto& source : reader.header()->sources())
                if (std::ranges::none_of(sources_, [&](const auto& known) {
                        return known.node() == source.node() && known.publisher_id() == source.publisher_id();
                    }))
                    sources_.push_back(source);
        std::uint64_t first = 0;
        while (const auto chunk = reader.next()) {
            if (chunk->batches.empty()) continue;
            first = chunk->batches.front().first_sequence;
            break;
        }
        by_publisher[key].push_back({first, path});
    }
    for (auto& [key, track_files] : by_publisher) {
        std::ranges::stable_sort(track_files, {}, &File::first_sequence);
        std::deque<std::filesystem::path> paths;
        for (auto& file : track_files)
            paths.push_back(std::move(file.path));
        auto track = std::make_unique<Track>(std::move(paths), range, on_damage);
        const auto item = track->front();
        if (item.batch == nullptr && item.gap == nullptr) continue;
        (void)track->time_ns();
        track->close(); // there may be thousands
        heap_.push_back(std::move(track));
    }
    std::ranges::make_heap(heap_, is_later);
}

std::uint64_t Tracks::second_time_ns() const
{
    std::uint64_t time = Range::kEnd;
    for (std::size_t i = 1; i < std::min<std::size_t>(heap_.size(), 3); ++i)
        time = std::min(time, heap_[i]->time_ns());
    return time;
}

void Tracks::advanced()
{
    std::ranges::pop_heap(heap_, is_later);
    const auto item = heap_.back()->front();
    if (item.batch == nullptr && item.gap == nullptr) {
        bytes_done_ += heap_.back()->bytes_done();
        heap_.pop_back();
    } else {
        std::ranges::push_heap(heap_, is_later);
    }
}

std::uint64_t Tracks::bytes_done() const
{
    std::uint64_t done = bytes_done_;
    for (const auto& track : heap_)
        done += track->bytes_done();
    return done;
}

} // namespace peer_observer::archive
