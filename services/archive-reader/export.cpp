#include "libs/app/app.h"
#include "libs/app/bad_events.h"
#include "libs/app/option_values.h"
#include "libs/app/selection_options.h"
#include "libs/archive/content.h"
#include "libs/archive/file_name.h"
#include "libs/archive/reader.h"
#include "libs/asmap/options.h"
#include "libs/events/event_reader.h"
#include "libs/tables/damage.h"
#include "libs/tables/rows.h"
#include "libs/tables/schema.h"
#include "services/archive-reader/export/target.h"
#include "services/archive-reader/given_options.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/output.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;

/// The options that decide which rows come of a file, as they were given. What is exported is the same whatever the
/// others are.
std::string describe_selection(const po::variables_map& values)
{
    std::string text;
    for (const auto& [name, value] :
         given_options(values, {kInputOption, "sqlite", "csv", "json", "config", "log-level", "metrics-address"}))
        text += fmt::format("{}={}\n", name, value);
    return text;
}

std::unique_ptr<ExportTarget> open_target(const po::variables_map& values, const tables::Model& model)
{
    if (values.count("sqlite") + values.count("csv") + values.count("json") != 1)
        throw app::UsageError{"give one of --sqlite, --csv and --json"};
    if (values.contains("sqlite")) return open_sqlite(values["sqlite"].as<std::string>(), model);
    if (values.contains("csv")) return open_text(values["csv"].as<std::string>(), TextFormat::csv, model);
    return open_text(values["json"].as<std::string>(), TextFormat::json, model);
}

class Export {
public:
    Export(const po::variables_map& values, const std::vector<std::filesystem::path>& files)
        : systems_{asmap::read(values)}, selection_{app::read_selection(values, asmap::finder(systems_))},
          range_{read_range(values)}, filter_{read_filter(values, selection_)}, nodes_{read_nodes(values, files)},
          target_{open_target(values, model_)}
    {}

    const archive::Range& range() const { return range_; }
    archive::FrameFilter* filter() { return filter_.get(); }
    ExportTarget& target() { return *target_; }
    std::uint64_t events() const { return events_; }

    void add(const archive::Chunk& chunk)
    {
        for (const auto& batch : chunk.batches) {
            damage_.next(batch);
            if (wants_node(nodes_, batch.node)) add(batch);
        }
    }

    void add(const proto::ArchiveGap& gap)
    {
        damage_.next(gap);
        if (!wants_node(nodes_, gap.source().node())) return;
        if (gap.first_sequence() >= range_.to_sequence || archive::end_sequence(gap) <= range_.from_sequence) return;
        rows_.add(tables::loss_of(gap), *target_);
    }

    /// Of a frame that has none of the selected events, the numbers count.
    void skip(const archive::Reader& reader, const proto::ArchiveFrame& frame)
    {
        latest_ns_ = frame.latest_ns();
        if (!reader.header() || reader.header()->sources_size() != 1) {
            has_all_numbers_ = false;
            return;
        }
        const auto& source = reader.header()->sources(0);
        damage_.next({.node = source.node(),
                      .publisher_id = source.publisher_id(),
                      .first_sequence = frame.first_sequence(),
                      .event_count = frame.end_sequence() - frame.first_sequence(),
                      .bytes = {}});
    }

    tables::DamageLosses& damage() { return damage_; }

private:
    void add_damage(tables::Loss loss)
    {
        if (!wants_node(nodes_, loss.node)) return;
        loss.timestamp_ns = latest_ns_;
        if (!range_.is_everything() || !has_all_numbers_) loss.count.reset(); // not all that was there is missing here
        rows_.add(loss, *target_);
    }

    void add(const events::Batch& batch)
    {
        events_reader_.each_if(
            batch,
            [&](const events::EventView& view) {
                latest_ns_ = view.timestamp_ns;
                return range_.contains(view) && (view.is_malformed || selection_.selects(view));
            },
            [&](const proto::Event& event, const events::EventView& view) {
                ++events_;
                rows_.add({batch.node, batch.publisher_id, view.sequence}, event, *target_);
            },
            [&](const events::BadEvent& bad) {
                bad_events_.add(batch, bad);
                rows_.add(tables::loss_of(batch, bad, latest_ns_), *target_);
            });
    }

    tables::Model model_;
    std::shared_ptr<const asmap::AutonomousSystems> systems_;
    events::Selection selection_;
    archive::Range range_;
    std::unique_ptr<archive::FrameFilter> filter_;
    std::vector<std::string> nodes_;
    std::unique_ptr<ExportTarget> target_;
    tables::RowMaker rows_{model_, systems_.get()};
    events::EventReader events_reader_;
    app::BadEvents bad_events_;
    tables::DamageLosses damage_{[this](const tables::Loss& loss) { add_damage(loss); }};
    bool has_all_numbers_ = true; ///< of frames that were skipped, too
    std::uint64_t latest_ns_ = 0;
    std::uint64_t events_ = 0;
};

/// A file that an archiver is writing gets another name when it is complete.
std::string name_of(const std::filesystem::path& file)
{
    return archive::closed_path(std::filesystem::absolute(file).lexically_normal()).native();
}

void print_schema(const std::string& name)
{
    const tables::Model model;
    Output out;
    if (name == "tables") {
        out.write(tables::markdown(model));
    } else if (name == "sqlite" || name == "clickhouse") {
        for (const auto& table : model.tables()) {
            const bool is_sqlite = name == "sqlite";
            auto statements =
                is_sqlite ? tables::sqlite_indexes(*table) : tables::ClickHouseSchema{"peer_observer"}.create(*table);
            if (is_sqlite) statements.insert(statements.begin(), tables::sqlite_table(*table));
            for (const auto& statement : statements)
                out.write(statement + ";\n");
        }
    } else {
        throw app::UsageError{"--schema takes sqlite, clickhouse or tables, not '" + printable(name) + "'"};
    }
    out.flush();
}

} // namespace

void add_export_options(options_description& options)
{
    auto add = options.add_options();
    add("sqlite", po::value<std::string>()->value_name("FILE"), "write an SQLite database");
    add("csv", po::value<std::string>()->value_name("FOLDER"), "write a CSV file for each table that has rows");
    add("json", po::value<std::string>()->value_name("FOLDER"),
        "write a file of JSON lines for each table that has rows");
    add("schema", po::value<std::string>()->value_name("WHICH"),
        "print what creates the tables, and exit: sqlite, clickhouse, or tables for a list of them");
    add_range_options(options);
    add_sequence_options(options);
    app::add_selection_options(options, "export");
    add_search_option(options);
    asmap::add_options(options);
}

void export_tables(const variables_map& values, app::Context& context)
{
    if (values.contains("schema")) return print_schema(values["schema"].as<std::string>());
    const auto files = read_inputs(values);
    Export exported{values, files};
    const auto selection = describe_selection(values);
    Progress progress{total_size(files), false};
    Readers readers{exported.range(), exported.filter()};
    std::uint64_t damaged = 0;
    std::uint64_t known = 0;
    for (const auto& file : files) {
        auto& reader = readers.open(file);
        progress.next_file(reader.size());
        const Input input{name_of(file), reader.size(), selection};
        if (exported.target().has(input)) {
            ++known;
            continue;
        }
        while (const auto chunk = reader.next()) {
            if (context.stopping())
                throw app::IncompleteError{"stopped; the same command continues with " + file.native()};
            progress.update(reader.position());
            if (chunk->kind == archive::Chunk::Kind::damage) {
                ++damaged;
                progress.hide();
                spdlog::warn("{}: offset {}: {}", file.native(), chunk->offset, chunk->problem);
                exported.damage().damaged(
                    fmt::format("{}: offset {}: {}", file.filename().native(), chunk->offset, chunk->problem),
                    reader.header());
            } else if (chunk->kind == archive::Chunk::Kind::gap) {
                exported.add(chunk->gap);
            } else if (chunk->kind == archive::Chunk::Kind::skipped) {
                exported.skip(reader, chunk->skipped);
            } else {
                exported.add(*chunk);
            }
        }
        exported.damage().end_file();
        exported.target().complete(input);
    }
    progress.hide();
    exported.target().finish();
    spdlog::info("exported {} events of {} files; {} files were exported before", exported.events(),
                 files.size() - known, known);
    if (damaged > 0)
        throw app::IncompleteError{
            fmt::format("{} places are damaged; the table losses has them, and the rest was exported", damaged)};
}

} // namespace peer_observer::archive_reader
