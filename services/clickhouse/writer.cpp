#include "services/clickhouse/writer.h"

#include "libs/archive/reader.h"
#include "libs/asmap/options.h"
#include "libs/base/clock.h"
#include "services/clickhouse/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <filesystem>

namespace peer_observer::clickhouse {
namespace {

constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::chrono::milliseconds kIdleTime{200};
constexpr std::chrono::hours kRetention{1};
/// Of files that become one insert into each table.
constexpr std::uint64_t kMostFileBytes = std::uint64_t{16} << 20U;
constexpr std::size_t kMostBlockBytes = std::size_t{64} << 20U;
/// What a slow connection or a small server gets at once, at least.
constexpr std::size_t kLeastRows = 1'000;
/// A request that took this part of its time may be twice as large.
constexpr int kQuick = 8;
/// What reasons that differ in a value have in common: status and number.
constexpr std::size_t kReasonBytes = 28;

std::string insert_of(const tables::ClickHouseSchema& schema, const tables::Table& table)
{
    std::vector<std::string> columns;
    columns.reserve(table.columns.size());
    for (const auto& column : table.columns)
        columns.push_back(tables::sql_name(column.name));
    return fmt::format("INSERT INTO {}.{} ({}) FORMAT RowBinary", tables::sql_name(schema.database),
                       tables::sql_name(table.name), fmt::join(columns, ", "));
}

} // namespace

Writer::Writer(WriterOptions options, Spool& spool, Counters& counters)
    : options_{std::move(options)}, spool_{spool}, counters_{counters}, server_{options_.server, stopping_},
      rows_{model_, options_.systems.get()}, losses_{[this](tables::Loss loss) {
          loss.timestamp_ns = base::unix_ns();
          rows_.add(loss, blocks_);
      }},
      pause_{options_.first_pause}, thread_{[this] { run(); }}
{}

Writer::~Writer()
{
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool Writer::drain(std::chrono::milliseconds longest)
{
    std::unique_lock lock{mutex_};
    is_idle_ = false; // what was seen before is of no use
    return changed_.wait_for(lock, longest, [this] { return is_idle_; });
}

void Writer::run()
{
    while (!stopping_) {
        if (is_reload_asked_.exchange(false)) asmap::reload(options_.systems.get());
        prepare();
        if (!is_prepared_) continue;
        retain();
        const auto files = spool_.take(kIdleTime, kMostFileBytes);
        if (!files.empty()) {
            write(files);
            continue;
        }
        const std::scoped_lock lock{mutex_};
        is_idle_ = true;
        changed_.notify_all();
    }
}

void Writer::prepare()
{
    if (is_prepared_) return;
    auto failure = choose_settings(server_, options_.schema);
    if (!failure) failure = clickhouse::prepare(server_, options_.schema, model_);
    if (failure) return wait(*failure);
    is_prepared_ = true;
    pause_ = options_.first_pause;
    if (!last_failure_.empty()) spdlog::info("the server works again");
    last_failure_.clear();
}

void Writer::retain()
{
    const auto now = std::chrono::steady_clock::now();
    if (options_.keep_days == 0 || now < next_retention_) return;
    next_retention_ = now + kRetention;
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    std::uint64_t dropped = 0;
    const auto failure =
        drop_before(server_, options_.schema, model_, today - std::chrono::days{options_.keep_days}, dropped);
    counters_.dropped_partitions += dropped;
    if (dropped > 0) spdlog::info("dropped {} months of tables", dropped);
    if (failure) spdlog::warn("cannot drop old months: {}", failure->text);
}

void Writer::write(const std::vector<Spool::File>& files)
{
    blocks_.clear();
    events_ = 0;
    for (const auto& file : files) {
        read(file);
        if (stopping_) break;
    }
    flush();
    if (stopping_) return; // all of it again at the next start: the same rows
    spool_.remove(files.size());
    counters_.events += events_;
}

void Writer::read(const Spool::File& file)
{
    try {
        archive::Reader reader{file.path};
        for (auto chunk = reader.next(); chunk && !stopping_; chunk = reader.next()) {
            if (chunk->kind == archive::Chunk::Kind::damage)
                note_damage(fmt::format("{}: offset {}: {}", file.path.native(), chunk->offset, chunk->problem),
                            reader.header());
            if (chunk->kind == archive::Chunk::Kind::gap) {
                losses_.next(chunk->gap);
                rows_.add(tables::loss_of(chunk->gap), blocks_);
            }
            for (const auto& batch : chunk->batches) {
                losses_.next(batch);
                add(batch);
                if (blocks_.bytes() >= kMostBlockBytes) flush();
            }
        }
    } catch (const std::exception& error) {
        note_damage(fmt::format("{}: {}", file.path.native(), error.what()), {});
    }
}

void Writer::add(const events::Batch& batch)
{
    std::uint64_t latest_ns = 0;
    reader_.each_if(
        batch,
        [&](const events::EventView& view) {
            latest_ns = view.timestamp_ns;
            return true;
        },
        [&](const proto::Event& event, const events::EventView& view) {
            rows_.add({batch.node, batch.publisher_id, view.sequence}, event, blocks_);
        },
        [&](const events::BadEvent& bad) {
            bad_events_.add(batch, bad);
            rows_.add(tables::loss_of(batch, bad, latest_ns), blocks_);
        });
    events_ += batch.event_count;
}

void Writer::note_damage(std::string problem, const std::optional<proto::ArchiveHeader>& header)
{
    spdlog::error("the spool is damaged: {}", problem);
    losses_.damaged(std::move(problem), header);
}

void Writer::flush()
{
    for (const auto& [table, block] : blocks_.by_table())
        for (std::size_t first = 0, end = 0; first < block.rows() && !stopping_; first = end) {
            end = std::min(first + most_rows_, block.rows());
            deliver(*table, block, first, end);
        }
    blocks_.clear();
    // Rows about refused rows are not refused: they are numbers and short texts. If they are, it stays in the log.
    const Blocks refused = std::exchange(refused_, {});
    for (const auto& [table, block] : refused.by_table())
        if (block.rows() > 0 && !stopping_) deliver(*table, block, 0, block.rows());
    refused_.clear();
}

void Writer::deliver(const tables::Table& table, const Block& block, std::size_t first, std::size_t end,
                     bool is_checked)
{
    while (!stopping_) {
        prepare();
        if (!is_prepared_) continue;
        const auto part = block.part(first, end);
        const auto started = std::chrono::steady_clock::now();
        const auto failure = server_.run(insert_of(options_.schema, table), part);
        const auto middle = first + (end - first) / 2;
        if (!failure) {
            const bool is_quick = std::chrono::steady_clock::now() - started < options_.server.timeout / kQuick;
            if (is_quick && end - first >= most_rows_) most_rows_ = std::min(2 * most_rows_, kMostRows);
            counters_.rows += end - first;
            counters_.bytes += part.size();
            pause_ = options_.first_pause;
            if (!last_failure_.empty()) spdlog::info("the server works again");
            last_failure_.clear();
            return;
        }
        if (failure->cause != Cause::data) {
            wait(*failure);
            if (!failure->is_too_much || end - first <= kLeastRows) continue;
            most_rows_ = std::max((end - first) / 2, kLeastRows);
            pause_ = options_.first_pause;
            deliver(table, block, first, middle, is_checked);
            return deliver(table, block, middle, end, is_checked);
        }
        ++counters_.errors[static_cast<std::size_t>(Cause::data)];
        // The bytes of a column that has got another type are wrong in every row: that is not the rows' fault.
        if (!is_checked) {
            is_checked = true;
            is_prepared_ = false;
            continue;
        }
        if (end - first == 1) return refuse(table, part, failure->text);
        deliver(table, block, first, middle, true);
        return deliver(table, block, middle, end, true);
    }
}

void Writer::refuse(const tables::Table& table, std::string_view row, const std::string& why)
{
    ++counters_.refused_rows;
    const auto key = key_of(row);
    // The others are in `losses`.
    const std::string reason = table.name + why.substr(0, kReasonBytes);
    if (std::exchange(last_refusal_, reason) != reason)
        spdlog::error("the server refuses a row of {} (node {}, publisher {:016x}, event {}): {}", table.name, key.node,
                      key.publisher_id, key.sequence, why);
    if (&table == &model_.losses()) return;
    rows_.add({.node = key.node,
               .publisher_id = key.publisher_id,
               .sequence = key.sequence,
               .cause = "REFUSED",
               .table_name = table.name,
               .timestamp_ns = base::unix_ns(),
               .count = 1,
               .detail = why},
              refused_);
}

void Writer::wait(const Failure& failure)
{
    ++counters_.errors[static_cast<std::size_t>(failure.cause)];
    // A table may be gone, or a server of another version may answer.
    if (failure.cause == Cause::schema) is_prepared_ = false;
    if (stopping_) return;
    if (std::exchange(last_failure_, failure.text) != failure.text)
        spdlog::warn("{}; retrying, events wait in the spool", failure.text);
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, pause_, [this] { return stopping_.load(); });
    pause_ = std::min(2 * pause_, kLongestPause);
}

} // namespace peer_observer::clickhouse
