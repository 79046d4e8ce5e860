#include "libs/web/api/report.h"

#include "libs/app/app.h"
#include "libs/app/bad_events.h"
#include "libs/app/option_values.h"
#include "libs/app/selection_options.h"
#include "libs/asmap/options.h"
#include "libs/web/playback.h"
#include "services/archive-reader/given_options.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

constexpr std::uint64_t kMostListedEvents = 10'000;
constexpr std::uint64_t kEventsOfStep = 100'000; ///< between looks at the progress

fs::path read_output(const po::variables_map& values)
{
    const fs::path output = values.contains("output") ? values["output"].as<std::string>() : "";
    if (!output.native().ends_with(".html")) throw app::UsageError{"--output is needed, and a name that ends in .html"};
    std::error_code ignored;
    if (fs::exists(output, ignored)) throw std::runtime_error{output.native() + " exists"};
    return output;
}

std::uint64_t read_most(const po::variables_map& values)
{
    const auto count = values["count"].as<app::Count>().value;
    if (count == 0 || count > kMostListedEvents)
        throw app::UsageError{fmt::format("--count: give 1 to {}", kMostListedEvents)};
    return count;
}

/// As it is written in a shell.
std::string selection_words(const po::variables_map& values)
{
    std::string text;
    for (const auto& [name, value] : given_options(values, {kInputOption, "output", "title", "count", "asmap",
                                                            "asmap-names", "config", "log-level", "metrics-address"}))
        text += fmt::format("{}--{} {}", text.empty() ? "" : " ", name, value);
    return text;
}

void write_report(const fs::path& path, const std::string& text)
{
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    if (file) return;
    const int error = errno;
    std::error_code ignored;
    fs::remove(path, ignored);
    throw std::system_error{error, std::generic_category(), "cannot write " + path.native()};
}

class ReportMaker {
public:
    ReportMaker(const po::variables_map& values, const std::vector<fs::path>& files)
        : systems_{asmap::read(values)}, selection_{app::read_selection(values, asmap::finder(systems_))},
          range_{read_range(values)}, nodes_{read_nodes(values, files)}, most_{read_most(values)}
    {
        subject_.title = values["title"].as<std::string>();
        subject_.selection = selection_words(values);
    }

    const archive::Range& range() const { return range_; }

    void add(const events::Batch& batch)
    {
        const auto add_run = [&](const events::Batch& run) {
            events::for_each_event(run,
                                   [&](const auto& event) { latest_ns_ = std::max(latest_ns_, event.timestamp_ns); });
            state_.add(run, {.now_ns = latest_ns_}, [&](const auto& bad) { bad_events_.add(run, bad); });
        };
        if (wants_node(nodes_, batch.node)) return add_run(batch);
        events::select(batch, [&](const auto& event) { return is_anomaly_of_node(event); }, add_run);
    }

    void add(const proto::ArchiveGap& gap)
    {
        if (wants_node(nodes_, gap.source().node())) state_.add_gap(gap);
    }

    /// Peers that are gone stay, whenever that was: it is a report of all of the time.
    void tick() { state_.tick(latest_ns_, archive::Range::kEnd); }

    std::string text() const
    {
        return web::report_text(subject_, {.state = state_,
                                           .now_ns = latest_ns_ + 1,
                                           .mode = web::Mode::report,
                                           .systems = systems_.get(),
                                           .bad_events = bad_events_.count()});
    }

    const web::ReportSubject& subject() const { return subject_; }
    std::uint64_t events() const { return state_.events(); }

private:
    /// A detector publishes under a name of its own, what it found at many nodes.
    bool is_anomaly_of_node(const events::EventView& view) const
    {
        if (view.context != proto::Event::kAnomalyFieldNumber) return false;
        proto::Event event;
        if (!event.ParseFromArray(view.bytes.data(), static_cast<int>(view.bytes.size()))) return false;
        const auto& anomaly = event.anomaly();
        const auto& report = anomaly.has_opened()    ? anomaly.opened()
                             : anomaly.has_updated() ? anomaly.updated()
                                                     : anomaly.closed();
        return std::ranges::any_of(report.nodes(), [&](const auto& node) { return wants_node(nodes_, node.node()); });
    }

    void watch(const proto::Event& event, const web::KeptEventPtr& kept)
    {
        subject_.activity.add(kept->timestamp_ns, web::activity_kind(event, *kept));
        if (!selection_.selects(events::view_event(kept->bytes))) return;
        if (subject_.matched_events++ < most_) subject_.events.push_back(kept);
    }

    std::shared_ptr<const asmap::AutonomousSystems> systems_;
    events::Selection selection_;
    archive::Range range_;
    std::vector<std::string> nodes_;
    std::uint64_t most_;
    app::BadEvents bad_events_;
    web::ReportSubject subject_;
    std::uint64_t latest_ns_ = 0;
    web::State state_{[this](const auto& event, const auto& kept) { watch(event, kept); }};
};

} // namespace

void add_report_options(options_description& options)
{
    add_range_options(options);
    auto add = options.add_options();
    add("output", po::value<std::string>()->value_name("FILE"),
        "file to write. It must not exist, and its name must end in .html");
    add("title", po::value<std::string>()->default_value("", "the nodes' names")->value_name("TEXT"),
        "what the report is called");
    add("count", po::value<app::Count>()->default_value(app::Count{1000})->value_name("N"),
        "list the first N of the selected events, at most 10000");
    app::add_selection_options(options, "list");
    asmap::add_options(options);
}

void report(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    const auto output = read_output(values);
    ReportMaker maker{values, files};
    std::uint64_t damaged = 0;
    Progress progress{total_size(files), false};
    web::Playback playback{files, maker.range(), [&](const auto& file, const auto& chunk) {
                               ++damaged;
                               progress.hide();
                               spdlog::warn("{}: offset {}: {}", file.native(), chunk.offset, chunk.problem);
                           }};
    while (!playback.is_at_end()) {
        if (context.stopping()) throw std::runtime_error{"stopped; nothing was written"};
        playback.play(
            archive::Range::kEnd, kEventsOfStep, [&](const auto& batch) { maker.add(batch); },
            [&](const auto& gap) { maker.add(gap); });
        maker.tick();
        progress.update(playback.bytes_done());
    }
    progress.hide();
    if (maker.events() == 0) throw std::runtime_error{"there is no event in this time; nothing was written"};
    const auto text = maker.text();
    write_report(output, text);
    spdlog::info("{} of {} selected events, out of {} events from {} files, written to {} ({} bytes)",
                 maker.subject().events.size(), maker.subject().matched_events, maker.events(), files.size(),
                 output.native(), text.size());
    if (damaged > 0) throw app::IncompleteError{fmt::format("{} places are damaged and were left out", damaged)};
}

} // namespace peer_observer::archive_reader
