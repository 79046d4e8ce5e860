#include "libs/app/selection_options.h"
#include "libs/archive/content.h"
#include "libs/archive/reader.h"
#include "libs/asmap/options.h"
#include "proto/event.pb.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/output.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <vector>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;

// Peers choose message types: beyond this many rows, further types are counted together.
constexpr std::size_t kMaxRows = 1000;
constexpr std::size_t kMaxSources = 1000;
constexpr auto kOthers = "(others)";

struct Row {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    std::uint64_t earliest_ns = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t latest_ns = 0;

    void add(const events::EventView& event)
    {
        ++events;
        bytes += event.bytes.size();
        earliest_ns = std::min(earliest_ns, event.timestamp_ns);
        latest_ns = std::max(latest_ns, event.timestamp_ns);
    }
};

struct Missing {
    std::uint64_t times = 0;
    std::uint64_t events = 0;
    bool is_unknown = false;        ///< nobody knows how many
    bool is_partly_outside = false; ///< not all of them need be missing within the range
};

class Info {
public:
    Info(archive::Range range, std::vector<std::string> nodes, events::Selection selection, bool shows_gaps)
        : range_{range}, nodes_{std::move(nodes)}, selection_{std::move(selection)}, shows_gaps_{shows_gaps}
    {}

    void add_file(const archive::Reader& reader)
    {
        ++files_;
        open_files_ += reader.is_open() ? 1 : 0;
        file_bytes_ += reader.size();
    }

    void add(const archive::Chunk& chunk)
    {
        content_bytes_ += chunk.content.size() + chunk.skipped.content_bytes();
        for (const auto& batch : chunk.batches) {
            if (!wants_node(nodes_, batch.node)) continue;
            if (sources_.size() < kMaxSources) sources_[std::string{batch.node}].insert(batch.publisher_id);
            events::for_each_event(batch, [&](const events::EventView& event) {
                if (range_.contains(event) && selection_.selects(event)) add(event);
            });
        }
    }

    void add_gap(const archive::Chunk& chunk)
    {
        const auto& gap = chunk.gap;
        if (!wants_node(nodes_, gap.source().node())) return;
        auto& missing = missing_["not in the archive: " + cause_name(gap.cause())];
        ++missing.times;
        missing.is_unknown = archive::has_unknown_count(gap);
        if (!missing.is_unknown) missing.events += gap.count();
        if (range_.has_times() && !range_.contains_gap(chunk)) missing.is_partly_outside = true;
        if (shows_gaps_)
            archive_reader::print("gap {} {} {:016x} {}+{} {}\n", format_time(gap.noticed_ns()), gap.source().node(),
                                  gap.source().publisher_id(), gap.first_sequence(), count_text(gap),
                                  cause_name(gap.cause()));
    }

    void print() const
    {
        archive_reader::print("files       {} ({} open), {} bytes\n", files_, open_files_, file_bytes_);
        archive_reader::print(
            "content     {} bytes, {:.2f} times the files\n", content_bytes_,
            file_bytes_ == 0 ? 0 : static_cast<double>(content_bytes_) / static_cast<double>(file_bytes_));
        for (const auto& [node, publishers] : sources_)
            archive_reader::print("node        {} ({} publishers)\n", printable(node), publishers.size());
        archive_reader::print("events      {}\n", total_.events);
        if (total_.events > 0) {
            archive_reader::print("from        {}\n", format_time(total_.earliest_ns));
            archive_reader::print("to          {}\n", format_time(total_.latest_ns));
        }
        for (const auto& [what, missing] : missing_)
            archive_reader::print("missing     {} events, {} times; {}\n", count_text(missing), missing.times,
                                  printable(what));
        if (missing_.empty()) archive_reader::print("missing     0 events\n");
        print_table();
    }

private:
    // context, arm, message type; the last row, of what had no row of its own, is {0, 0, kOthers}
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::string>;

    static std::string count_text(const Missing& missing)
    {
        if (missing.is_unknown) return "an unknown number of";
        return fmt::format("{}{}", missing.is_partly_outside ? "up to " : "", missing.events);
    }

    static std::string count_text(const proto::ArchiveGap& gap)
    {
        return archive::has_unknown_count(gap) ? "unknown" : std::to_string(gap.count());
    }

    static std::string cause_name(proto::ArchiveGap::Cause cause)
    {
        return proto::ArchiveGap::Cause_IsValid(cause) ? proto::ArchiveGap::Cause_Name(cause) : std::to_string(cause);
    }

    void add(const events::EventView& event)
    {
        total_.add(event);
        Key key{event.context, event.arm, std::string{event.message_type}};
        if (rows_.size() >= kMaxRows && !rows_.contains(key)) key = {0, 0, kOthers};
        rows_[key].add(event);
        if (event.context == proto::Event::kEventsLostFieldNumber) add_lost(event);
    }

    void add_lost(const events::EventView& event)
    {
        proto::Event parsed;
        if (!parsed.ParseFromArray(event.bytes.data(), static_cast<int>(event.bytes.size()))) return;
        const auto& lost = parsed.events_lost();
        auto what =
            "lost before the extractor: " + lost.tracepoint() + " " + proto::EventsLost::Cause_Name(lost.cause());
        if (missing_.size() >= kMaxRows && !missing_.contains(what)) what = kOthers;
        auto& missing = missing_[what];
        ++missing.times;
        missing.events += lost.count();
    }

    void print_table() const
    {
        std::vector<std::pair<Key, Row>> rows{rows_.begin(), rows_.end()};
        std::ranges::stable_sort(rows, std::greater{}, [](const auto& row) { return row.second.bytes; });
        archive_reader::print("\n{:28} {:14} {:>12} {:>14} {:>7}  {:30} {}\n", "kind", "message type", "events",
                              "bytes", "share", "from", "to");
        for (const auto& [key, row] : rows) {
            const auto& [context, arm, type] = key;
            archive_reader::print("{:28} {:14} {:>12} {:>14} {:>6.2f}%  {:30} {}\n", events::kind_name(context, arm),
                                  type.empty() ? "-" : printable(type), row.events, row.bytes,
                                  100.0 * static_cast<double>(row.bytes) / static_cast<double>(total_.bytes),
                                  format_time(row.earliest_ns), format_time(row.latest_ns));
        }
    }

    archive::Range range_;
    std::vector<std::string> nodes_;
    events::Selection selection_;
    bool shows_gaps_;
    std::uint64_t files_ = 0;
    std::uint64_t open_files_ = 0;
    std::uint64_t file_bytes_ = 0;
    std::uint64_t content_bytes_ = 0;
    std::map<std::string, std::set<std::uint64_t>> sources_;
    std::map<std::string, Missing> missing_;
    std::map<Key, Row> rows_;
    Row total_;
};

} // namespace

void add_info_options(options_description& options)
{
    add_range_options(options);
    app::add_selection_options(options, "count");
    asmap::add_options(options);
    add_search_option(options);
    options.add_options()("gaps", po::bool_switch(),
                          "print each gap: when it was noticed, node, publisher, sequence numbers, cause");
}

void info(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    const auto range = read_range(values);
    const auto selection = app::read_selection(values, asmap::finder(asmap::read(values)));
    const auto filter = read_filter(values, selection);
    Info info{range, read_nodes(values, files), selection, values["gaps"].as<bool>()};
    std::uint64_t damaged = 0;
    {
        Progress progress{total_size(files), values["gaps"].as<bool>()};
        Readers readers{range, filter.get()};
        for (const auto& file : files) {
            if (has_gone(file)) continue;
            auto& reader = readers.open(file);
            progress.next_file(reader.size());
            info.add_file(reader);
            while (const auto chunk = reader.next()) {
                if (context.stopping()) return;
                progress.update(reader.position());
                if (chunk->kind == archive::Chunk::Kind::damage) {
                    ++damaged;
                } else if (chunk->kind == archive::Chunk::Kind::gap) {
                    info.add_gap(*chunk);
                } else {
                    info.add(*chunk);
                }
            }
        }
    }
    info.print();
    if (std::fflush(stdout) != 0 && errno != EPIPE)
        throw std::system_error{errno, std::generic_category(), "cannot write to stdout"};
    if (damaged > 0)
        throw app::IncompleteError{fmt::format("{} places are damaged and not counted; see the verb verify", damaged)};
}

} // namespace peer_observer::archive_reader
