// Takes files out of the spool and writes their rows to the server, on a thread of its own.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/asmap/autonomous_systems.h"
#include "libs/events/event_reader.h"
#include "libs/tables/damage.h"
#include "libs/tables/rows.h"
#include "libs/tables/schema.h"
#include "proto/archive.pb.h"
#include "services/clickhouse/blocks.h"
#include "services/clickhouse/server.h"
#include "services/clickhouse/spool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace peer_observer::clickhouse {

struct WriterOptions {
    ServerOptions server;
    tables::ClickHouseSchema schema;
    std::uint64_t keep_days = 0; ///< 0 = all
    std::shared_ptr<asmap::AutonomousSystems> systems{};
    std::chrono::milliseconds first_pause{500}; ///< after a failure; twice as long each time, up to half a minute
};

class Writer {
public:
    /// `spool` and `counters` outlive it.
    Writer(WriterOptions options, Spool& spool, Counters& counters);
    /// Ends a request that is under way: its rows are in the spool.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Reads the files of --asmap again, soon.
    void reload() { is_reload_asked_ = true; }

    /// Waits until the spool is empty, that long.
    bool drain(std::chrono::milliseconds longest);

private:
    void run();
    void write(const std::vector<Spool::File>& files);
    void read(const Spool::File& file);
    void add(const events::Batch& batch);
    void note_damage(std::string problem, const std::optional<proto::ArchiveHeader>& header);
    void flush();
    /// Rows [first, end) of a block. Returns when the server has them, has refused them, or the program stops.
    /// is_checked: the table has the columns that it should have.
    void deliver(const tables::Table& table, const Block& block, std::size_t first, std::size_t end,
                 bool is_checked = false);
    void refuse(const tables::Table& table, std::string_view row, const std::string& why);
    /// After a failure that says nothing about rows.
    void wait(const Failure& failure);
    void prepare();
    void retain();

    WriterOptions options_;
    Spool& spool_;
    Counters& counters_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> is_reload_asked_ = false;
    tables::Model model_;
    Server server_;
    tables::RowMaker rows_;
    events::EventReader reader_;
    app::BadEvents bad_events_;
    Blocks blocks_;
    Blocks refused_;              ///< rows of `losses` about rows that the server refused
    tables::DamageLosses losses_; ///< of the spool's files
    bool is_prepared_ = false;
    /// A server stores up to 1,048,576 rows as a whole or not at all.
    static constexpr std::size_t kMostRows = 500'000;
    std::size_t most_rows_ = kMostRows; ///< of a request: less where that took too long
    std::string last_failure_;
    std::string last_refusal_;
    std::uint64_t events_ = 0; ///< in blocks_
    std::chrono::milliseconds pause_;
    std::chrono::steady_clock::time_point next_retention_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_idle_ = false;
    std::thread thread_; ///< last: it uses the others
};

} // namespace peer_observer::clickhouse
