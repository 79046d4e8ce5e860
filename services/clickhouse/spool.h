// Batches on disk until the server has their rows: archive files, the oldest first.
#pragma once

#include "libs/archive/compressor.h"
#include "libs/archive/content.h"
#include "libs/base/descriptor.h"
#include "libs/bus/subscriber.h"
#include "services/clickhouse/counters.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::clickhouse {

struct SpoolOptions {
    std::filesystem::path folder;
    std::uint64_t most_bytes = std::uint64_t{1} << 30U; ///< of all files; beyond it, what comes is counted as lost
    std::size_t file_bytes = std::size_t{8} << 20U;     ///< of a file's batches, before compression
    std::chrono::milliseconds file_time{2'000};         ///< a batch waits that long for a file at most
    std::string software = "peer-observer-clickhouse";
};

/// add(), tick() and close() are of one thread, take() and remove() of another. What is missing between batches, also
/// because no service ran or the spool was full, becomes gaps in the files.
class Spool {
public:
    /// Continues with the files that are there. Throws std::runtime_error naming the folder where another process uses
    /// it, std::system_error where it cannot be used.
    Spool(SpoolOptions options, Counters& counters);

    void add(const bus::Batch& batch);
    /// Does what is due by time.
    void tick(std::chrono::steady_clock::time_point now);
    /// Writes all that there is.
    void close();

    struct File {
        std::filesystem::path path;
        std::uint64_t bytes = 0;
        std::uint64_t earliest_ns = 0; ///< of its events; 0 = not known
    };
    /// The oldest files, up to `most_bytes` of them but one at least. Waits for one that long.
    std::vector<File> take(std::chrono::milliseconds longest, std::uint64_t most_bytes);
    /// The first `count` files are stored.
    void remove(std::size_t count);

private:
    using Key = std::pair<std::string, std::uint64_t>; ///< node, publisher

    void load();
    void load_publishers();
    void save_publishers();
    bool write_file();
    void add_gap(const Key& key, std::uint64_t first, std::uint64_t count, proto::ArchiveGap::Cause cause);
    void note_gaps(const bus::Batch& batch, const Key& key);
    bool is_full();
    std::filesystem::path path_of(std::uint64_t number) const;

    SpoolOptions options_;
    Counters& counters_;
    base::Descriptor lock_;
    archive::Compressor compressor_{1};
    archive::Content content_;
    std::vector<proto::ArchiveGap> gaps_; ///< to be written in front of content_
    std::set<Key> pending_;               ///< publishers in content_
    std::map<Key, std::uint64_t> next_;   ///< by publisher: behind its last batch that is in content_ or in a file
    std::map<Key, std::uint64_t> stored_; ///< the same, of files
    std::uint64_t number_ = 0;            ///< of the next file
    std::chrono::steady_clock::time_point since_; ///< content_ has something
    bool has_failed_ = false;                     ///< the last file could not be written

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<File> files_;
    std::uint64_t bytes_ = 0; ///< of them
};

} // namespace peer_observer::clickhouse
