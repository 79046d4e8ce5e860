#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/archive/content.h"
#include "libs/archive/tracks.h"
#include "libs/bus/publisher.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/pace.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <map>
#include <stdexcept>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;
using app::Count;
using app::Seconds;
using std::chrono::steady_clock;

constexpr auto kLongestWait = std::chrono::milliseconds{100};

class Replay {
public:
    Replay(bus::Publisher& publisher, Pace pace, app::Context& context, std::vector<std::string> nodes,
           const archive::Range& range)
        : publisher_{publisher}, pace_{pace}, context_{context}, nodes_{std::move(nodes)}, range_{range}
    {}

    /// pass: 0, and counted up where the files are played again. Publishers have other ids then, like such that started
    /// again: tools would take the same numbers for duplicates.
    void play(const std::vector<std::filesystem::path>& files, std::uint64_t pass, Progress& progress)
    {
        pass_ = pass;
        pace_.restart();
        archive::Tracks tracks{files, range_, [this](const auto& file, const auto& chunk) {
                                   ++damaged_;
                                   spdlog::warn("{}: offset {}: {}", file.native(), chunk.offset, chunk.problem);
                               }};
        while (auto* const track = tracks.front()) {
            const auto item = track->front();
            if (item.batch != nullptr && wants_node(nodes_, item.batch->node)) {
                if (!wait_for(track->time_ns(), item.batch->event_count)) return;
                play(*item.batch);
            } else if (item.gap != nullptr) {
                play_gap(*item.gap);
            }
            track->pop();
            tracks.advanced();
            progress.update(tracks.bytes_done());
        }
        end_streams();
    }

    std::uint64_t events() const { return events_; }
    std::uint64_t damaged() const { return damaged_; }

private:
    void play(const events::Batch& batch)
    {
        if (range_.is_everything()) {
            publish(batch);
        } else {
            events::select(
                batch, [this](const auto& event) { return range_.contains(event); },
                [this](const auto& run) { publish(run); });
        }
    }

    /// A subscriber sees what is missing between two batches. Of other gaps it hears by heartbeat, if all of it is
    /// asked for.
    void play_gap(const archive::Chunk& chunk)
    {
        const auto& gap = chunk.gap;
        if (!wants_node(nodes_, gap.source().node()) || archive::has_unknown_count(gap)) return;
        if (range_.has_times() && !range_.contains_gap(chunk)) return;
        note(gap.source().node(), gap.source().publisher_id(), archive::end_sequence(gap));
    }

    void publish(const events::Batch& batch)
    {
        if (pass_ == 0) {
            publisher_.forward(batch.bytes);
        } else {
            std::string bytes;
            events::begin_batch(bytes, batch.node, batch.publisher_id + pass_, batch.first_sequence);
            events::for_each_event(batch, [&](const auto& event) { events::append_event(bytes, event.bytes); });
            if (batch.last) events::mark_last(bytes);
            publisher_.forward(bytes);
        }
        events_ += batch.event_count;
        note(std::string{batch.node}, batch.publisher_id, batch.first_sequence + batch.event_count);
    }

    void note(const std::string& node, std::uint64_t publisher_id, std::uint64_t next)
    {
        auto& known = next_[{node, publisher_id + pass_}];
        known = std::max(known, next);
    }

    /// Shows a gap at the end. The publishers of the next pass are others.
    void end_streams()
    {
        for (const auto& [source, next] : next_) {
            std::string end;
            events::begin_batch(end, source.first, source.second, next);
            events::mark_last(end);
            publisher_.forward(end);
        }
        next_.clear();
    }

    /// False where we were asked to stop.
    bool wait_for(std::uint64_t time_ns, std::uint64_t events)
    {
        const auto due = pace_.due(time_ns, events, steady_clock::now());
        for (;;) {
            if (context_.stopping()) return false;
            const auto now = steady_clock::now();
            context_.alive(fmt::format("{} events published", events_.load()));
            if (due <= now) return true;
            publisher_.flush();
            sleep_until(std::min(due, now + kLongestWait), context_.stop_fd());
        }
    }

    bus::Publisher& publisher_;
    Pace pace_;
    app::Context& context_;
    std::vector<std::string> nodes_;
    archive::Range range_;
    std::uint64_t pass_ = 0;
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> next_; ///< by node and publisher: the next number
    std::atomic<std::uint64_t> events_ = 0;
    std::uint64_t damaged_ = 0;
};

Pace read_pace(const po::variables_map& values)
{
    const auto& text = values["speed"].as<std::string>();
    Pace::Options options;
    if (text != "max") {
        boost::any number;
        try {
            app::validate(number, {text}, static_cast<Seconds*>(nullptr), 0);
        } catch (const po::error&) {
            throw app::UsageError{"--speed takes a number above 0 or max, not '" + text + "'"};
        }
        options.factor = std::chrono::duration<double>(boost::any_cast<Seconds>(number).value).count();
    }
    options.events_per_second = values["events-per-second"].as<Count>().value;
    if (values.contains("max-pause")) options.max_pause = values["max-pause"].as<Seconds>().value;
    return Pace{options};
}

} // namespace

void add_replay_options(options_description& options)
{
    add_range_options(options);
    auto add = options.add_options();
    add("listen", po::value<std::string>()->value_name("URL")->default_value("tcp://127.0.0.1:9331"),
        "publish events on this URL: tcp://HOST:PORT, ipc://PATH or tls+tcp://HOST:PORT; port 0 picks a free one");
    add("tls-ca-file", po::value<std::string>()->value_name("FILE"),
        "PEM certificates of the CAs that may sign the other end's certificate; required for tls+tcp://");
    add("tls-cert-key-file", po::value<std::string>()->value_name("FILE"),
        "PEM certificate and private key of this end; required for tls+tcp://");
    add("speed", po::value<std::string>()->value_name("N")->default_value("1"),
        "replay this many times as fast as recorded, or max: as fast as possible; slower tools miss events");
    add("events-per-second", po::value<Count>()->default_value(Count{0}, "no limit"),
        "publish at most this many events per second");
    add("max-pause", po::value<Seconds>(), "maximum seconds to wait between two batches; shortens idle times");
    add("loop", po::bool_switch(), "start over at the end, as if the publishers had restarted");
    add("wait-for-subscribers", po::value<Count>()->default_value(Count{1}),
        "start when this many subscribers are connected");
}

void replay(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    const auto pace = read_pace(values);
    const auto range = read_range(values);
    const auto subscribers = values["wait-for-subscribers"].as<Count>().value;
    bus::PublisherOptions publisher_options{.url = values["listen"].as<std::string>()};
    publisher_options.tls = app::read_tls_options(values, {publisher_options.url});
    bus::Publisher publisher{publisher_options};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    const auto telemetry = app::serve_metrics(values, "archive");
    if (telemetry) app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
    context.ready();

    while (publisher.statistics().subscribers < subscribers) {
        if (context.stopping()) return;
        sleep_until(steady_clock::now() + std::chrono::milliseconds{10}, context.stop_fd());
    }
    Replay replay{publisher, pace, context, read_nodes(values, files), range};
    const auto started = steady_clock::now();
    for (std::uint64_t pass = 0;; ++pass) {
        const std::uint64_t before = replay.events();
        Progress progress{total_size(files), false};
        replay.play(files, pass, progress);
        if (context.stopping() || !values["loop"].as<bool>() || replay.events() == before) break;
    }
    const double seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
    spdlog::info("{} events published in {:.1f} s", replay.events(), seconds);
    if (replay.damaged() > 0)
        throw app::IncompleteError{fmt::format("{} places are damaged and were left out", replay.damaged())};
}

} // namespace peer_observer::archive_reader
