#include "services/clickhouse/spool.h"

#include "libs/archive/file_name.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/reader.h"
#include "libs/base/clock.h"
#include "libs/base/regular_file.h"
#include "libs/base/replace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace peer_observer::clickhouse {
namespace {

namespace fs = std::filesystem;

constexpr auto kPublishers = "publishers";
// A publisher that is forgotten and comes back starts anew.
constexpr std::size_t kMaxPublishers = 4096;
constexpr std::size_t kMaxPublishersBytes = kMaxPublishers * (events::kMaxNodeNameLength + 64);
constexpr std::size_t kMaxGaps = 10'000;

/// Nothing for a file that is not one of the spool's.
std::optional<std::uint64_t> number_of(const fs::path& path)
{
    const auto name = path.filename().native();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || std::string_view{end} != archive::kExtension) return std::nullopt;
    return number;
}

} // namespace

Spool::Spool(SpoolOptions options, Counters& counters) : options_{std::move(options)}, counters_{counters}
{
    std::error_code error;
    fs::create_directories(options_.folder, error);
    if (error) throw std::system_error{error, "cannot create the folder " + options_.folder.native()};
    const auto lock = options_.folder / ".lock";
    lock_ = base::Descriptor{open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
    if (!lock_) throw std::system_error{errno, std::generic_category(), "cannot open " + lock.native()};
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
        throw std::runtime_error{"another peer-observer-clickhouse uses the spool " + options_.folder.native()};
    load();
}

fs::path Spool::path_of(std::uint64_t number) const
{
    return options_.folder / fmt::format("{:012}{}", number, archive::kExtension);
}

void Spool::load()
{
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator{options_.folder}) {
        // A file that was being written: its events are not in `publishers` either, and become a gap.
        if (archive::is_open_archive(entry.path()))
            fs::remove(entry.path());
        else if (number_of(entry.path()))
            found.push_back(entry.path());
    }
    std::ranges::sort(found); // by number
    load_publishers();
    for (const auto& path : found) {
        const auto number = *number_of(path);
        File file{path, fs::file_size(path), 0};
        try {
            archive::Reader reader{path};
            if (reader.index() != nullptr && reader.index()->frames_size() > 0)
                file.earliest_ns = reader.index()->frames(0).earliest_ns();
            // Killed between the file and `publishers`.
            for (auto chunk = number >= number_ ? reader.next() : std::nullopt; chunk; chunk = reader.next())
                for (const auto& batch : chunk->batches) {
                    auto& next = stored_[{std::string{batch.node}, batch.publisher_id}];
                    next = std::max(next, batch.first_sequence + batch.event_count);
                }
        } catch (const std::exception& error) {
            spdlog::warn("{}: {}", path.native(), error.what()); // and again when its turn comes
        }
        number_ = std::max<std::uint64_t>(number_, number + 1);
        bytes_ += file.bytes;
        files_.push_back(std::move(file));
    }
    next_ = stored_;
    counters_.spool_bytes = bytes_;
    if (!files_.empty()) spdlog::info("{} files wait in the spool", files_.size());
}

/// A line of the next file's number, then one a publisher: its id, the number behind its last stored event, its node.
void Spool::load_publishers()
{
    const auto path = (options_.folder / kPublishers).native();
    const auto text = base::read_regular_file(path, kMaxPublishersBytes);
    if (!text && text.error().number == ENOENT) return;
    std::istringstream in{text.value_or("")};
    in >> number_;
    const bool has_number = !in.fail();
    std::uint64_t publisher = 0;
    std::uint64_t next = 0;
    std::string node;
    while (in >> publisher >> next >> node)
        stored_[{node, publisher}] = next;
    if (!has_number || !in.eof() || !text->ends_with('\n'))
        spdlog::error("{}: {}; events that were published while this service did not run may be missing from the "
                      "table losses",
                      path, text ? "damaged" : text.error().reason);
}

void Spool::save_publishers()
{
    while (stored_.size() > kMaxPublishers)
        stored_.erase(stored_.begin());
    auto text = fmt::format("{}\n", number_);
    for (const auto& [key, next] : stored_)
        text += fmt::format("{} {} {}\n", key.second, next, key.first);
    const auto path = (options_.folder / kPublishers).native();
    if (const auto error = base::replace_file(path, text, base::Outlives::power_loss))
        throw std::system_error{error->number, std::generic_category(), "cannot write " + path};
}

void Spool::add(const bus::Batch& batch)
{
    const Key key{std::string{batch.node}, batch.publisher_id};
    const auto end = batch.first_sequence + batch.event_count;
    if (gaps_.empty() && content_.bytes.empty()) since_ = std::chrono::steady_clock::now();
    note_gaps(batch, key);
    if (next_.size() > kMaxPublishers)
        next_.erase(next_.begin()->first == key ? std::next(next_.begin()) : next_.begin());
    next_[key] = std::max(next_[key], end);
    if (batch.event_count == 0) return;
    // What cannot be written stays in memory, up to the size of a file.
    if (content_.bytes.size() >= options_.file_bytes || is_full()) {
        counters_.not_stored += batch.event_count;
        add_gap(key, batch.first_sequence, batch.event_count, proto::ArchiveGap::NOT_WRITTEN);
        return;
    }
    content_.add(batch);
    pending_.insert(key);
    if (content_.bytes.size() >= options_.file_bytes) write_file();
}

void Spool::note_gaps(const bus::Batch& batch, const Key& key)
{
    if (const auto& loss = batch.unknown_loss)
        add_gap({key.first, loss->publisher_id}, loss->next_sequence, 0,
                loss->publisher_id == batch.publisher_id ? proto::ArchiveGap::NOT_CREDIBLE
                                                         : proto::ArchiveGap::PUBLISHER_CRASHED);
    const auto known = next_.find(key);
    const bool is_credible = !batch.unknown_loss || batch.unknown_loss->publisher_id != batch.publisher_id;
    std::uint64_t first = batch.first_sequence - std::min(batch.missed, batch.first_sequence);
    if (known != next_.end() && is_credible) first = std::min(first, known->second);
    if (known != next_.end()) first = std::max(first, known->second); // what was there already is not missing
    if (first >= batch.first_sequence || !is_credible) return;
    const auto count = batch.first_sequence - first;
    (batch.missed > 0 ? counters_.not_received : counters_.not_running) += count;
    add_gap(key, first, count, batch.missed > 0 ? proto::ArchiveGap::NOT_RECEIVED : proto::ArchiveGap::NOT_RUNNING);
}

void Spool::add_gap(const Key& key, std::uint64_t first, std::uint64_t count, proto::ArchiveGap::Cause cause)
{
    // Of what is missing without a break, one gap; the last of the publisher's is near the end.
    for (auto gap = gaps_.rbegin(); gap != gaps_.rend(); ++gap) {
        if (gap->source().publisher_id() != key.second || gap->source().node() != key.first) continue;
        if (gap->cause() != cause || (archive::end_sequence(*gap) != first && gaps_.size() < kMaxGaps)) break;
        gap->set_count(first + count - gap->first_sequence());
        return;
    }
    auto& gap = gaps_.emplace_back();
    gap.mutable_source()->set_node(key.first);
    gap.mutable_source()->set_publisher_id(key.second);
    gap.set_first_sequence(first);
    gap.set_count(count);
    gap.set_cause(cause);
    gap.set_noticed_ns(base::unix_ns());
}

bool Spool::is_full()
{
    const std::scoped_lock lock{mutex_};
    return bytes_ >= options_.most_bytes;
}

void Spool::tick(std::chrono::steady_clock::time_point now)
{
    // In a full spool gaps wait until there is room: a file for them every few seconds would fill the disk, too.
    const bool has_work = !content_.bytes.empty() || (!gaps_.empty() && !is_full());
    if (has_work && now - since_ >= options_.file_time && !write_file()) since_ = now; // again after a while
}

void Spool::close()
{
    if (!gaps_.empty() || !content_.bytes.empty()) write_file();
}

bool Spool::write_file()
{
    auto header = archive::make_header(options_.software, base::unix_ns());
    std::set<Key> publishers = std::exchange(pending_, {});
    for (const auto& gap : gaps_)
        publishers.emplace(gap.source().node(), gap.source().publisher_id());
    for (const auto& key : publishers) {
        auto& source = *header.add_sources();
        source.set_node(key.first);
        source.set_publisher_id(key.second);
    }
    const auto path = path_of(number_);
    std::uint64_t size = 0;
    try {
        auto frame_info = content_.frame;
        if (publishers.size() > 1) { // of several they say nothing
            frame_info.clear_first_sequence();
            frame_info.clear_end_sequence();
        }
        const auto frame = content_.bytes.empty() ? std::string{} : compressor_.compress(content_.bytes).get();
        archive::FileWriter writer{path, header};
        auto error = writer.append(gaps_, frame_info, frame);
        if (!error) error = writer.close();
        if (error) throw std::system_error{error, "cannot write " + path.native()};
        size = writer.size();
        ++number_;
        stored_ = next_;
        save_publishers();
    } catch (const std::system_error& error) {
        std::error_code ignored;
        fs::remove(path.native() + archive::kOpenExtension, ignored);
        if (!std::exchange(has_failed_, true)) spdlog::error("{}; retrying", error.what());
        if (size == 0) {
            pending_ = std::move(publishers);
            return false;
        }
    }
    if (size > 0 && std::exchange(has_failed_, false)) spdlog::info("writing to the spool again");
    const auto earliest = content_.bytes.empty() ? 0 : content_.frame.earliest_ns();
    content_ = {};
    gaps_.clear();
    {
        const std::scoped_lock lock{mutex_};
        files_.push_back({path, size, earliest});
        bytes_ += size;
        counters_.spool_bytes = bytes_;
    }
    changed_.notify_all();
    return true;
}

std::vector<Spool::File> Spool::take(std::chrono::milliseconds longest, std::uint64_t most_bytes)
{
    std::unique_lock lock{mutex_};
    (void)changed_.wait_for(lock, longest, [this] { return !files_.empty(); });
    std::vector<File> taken;
    std::uint64_t bytes = 0;
    for (const auto& file : files_) {
        if (!taken.empty() && bytes + file.bytes > most_bytes) break;
        bytes += file.bytes;
        taken.push_back(file);
    }
    counters_.oldest_ns = taken.empty() ? 0 : taken.front().earliest_ns;
    return taken;
}

void Spool::remove(std::size_t count)
{
    std::vector<fs::path> done;
    {
        const std::scoped_lock lock{mutex_};
        for (; count > 0; --count) {
            bytes_ -= files_.front().bytes;
            done.push_back(std::move(files_.front().path));
            files_.pop_front();
        }
        counters_.spool_bytes = bytes_;
        if (files_.empty()) counters_.oldest_ns = 0;
    }
    for (const auto& path : done) {
        std::error_code error;
        fs::remove(path, error); // if not, its rows are written again, and are once in the tables
        if (error) spdlog::warn("cannot remove {}: {}", path.native(), error.message());
    }
}

} // namespace peer_observer::clickhouse
