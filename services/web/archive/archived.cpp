#include "services/web/archive/archived.h"

#include "libs/base/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace peer_observer::web {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostViews = 4;
constexpr std::uint64_t kDefaultSpanNs = 600 * kSecond;
/// For one answer, or for one step of a feed: about a second of work, and a tenth.
constexpr std::uint64_t kMostEvents = 300'000;
constexpr std::uint64_t kMostFeedEvents = 30'000;
constexpr auto kRefresh = std::chrono::seconds{10};

std::uint64_t last_time_ns(const events::Batch& batch)
{
    std::uint64_t latest = 0;
    events::for_each_event(batch, [&](const auto& event) { latest = std::max(latest, event.timestamp_ns); });
    return latest;
}

double read_speed(const Request& request)
{
    const auto text = request.text("speed");
    if (!text) return 1;
    double speed = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), speed);
    if (error != std::errc{} || end != text->data() + text->size() || !(speed >= 0.1 && speed <= 1000))
        throw ApiError{400, fmt::format("speed: '{}' is not a number from 0.1 to 1000", *text)};
    return speed;
}

void add(State& state, const events::Batch& batch, app::BadEvents& bad_events)
{
    state.add(batch, {.now_ns = last_time_ns(batch)}, [&](const auto& bad) { bad_events.add(batch, bad); });
}

} // namespace

Archived::Archived(std::filesystem::path directory, asmap::AutonomousSystems* systems, Access access,
                   app::BadEvents& bad_events)
    : directory_{std::move(directory)}, systems_{systems}, access_{access}, bad_events_{bad_events},
      started_ns_{base::unix_ns()}, files_{read_catalog(directory_)}, next_refresh_{Clock::now() + kRefresh}
{}

void Archived::locked(const std::function<void()>& change)
{
    const std::lock_guard lock{mutex_};
    change();
}

/// An archiver may be writing there.
void Archived::refresh()
{
    if (Clock::now() < next_refresh_) return;
    files_ = read_catalog(directory_);
    next_refresh_ = Clock::now() + kRefresh;
}

std::uint64_t Archived::end_ns() const
{
    std::uint64_t end = 0;
    for (const auto& file : files_)
        end = std::max(end, file.to_ns);
    return end == 0 ? base::unix_ns() : end + 1;
}

Archived::View& Archived::view(std::uint64_t from_ns, std::uint64_t at_ns)
{
    auto found = std::ranges::find_if(views_, [&](const View& known) {
        return known.from_ns == from_ns && known.playback.played_until_ns() <= at_ns;
    });
    if (found == views_.end()) {
        views_.emplace_front(files_, from_ns);
        if (views_.size() > kMostViews) views_.pop_back();
    } else {
        views_.splice(views_.begin(), views_, found);
    }
    return views_.front();
}

void Archived::read(View& view, std::uint64_t at_ns)
{
    view.playback.play(
        at_ns, kMostEvents, [&](const events::Batch& batch) { add(view.state, batch, bad_events_); },
        [&](const proto::ArchiveGap& gap) { view.state.add_gap(gap); });
    view.state.tick(view.playback.played_until_ns());
}

std::string Archived::answer(const Request& request, const ClientStatistics& clients)
{
    const std::lock_guard lock{mutex_};
    const auto& parts = request.parts();
    if (parts.size() == 1 && parts[0] == "archive") {
        refresh();
        request.allow({});
        auto json = archive_json();
        json["time_ns"] = end_ns();
        return to_text(json);
    }
    constexpr auto kEnd = archive::Range::kEnd - kWindowNs;
    const auto at_ns = request.number("at_ns", 1, kEnd).value_or(end_ns());
    const auto from_ns = request.number("from_ns", 0, kEnd).value_or(at_ns - std::min(at_ns, kDefaultSpanNs));
    if (from_ns > at_ns || at_ns - from_ns > kWindowNs)
        throw ApiError{400, "from_ns: it is before at_ns, by 24 hours at most"};
    const State nothing;
    const auto* state = &nothing;
    std::uint64_t until_ns = at_ns;
    if (!parts.empty() && parts[0] != "about") {
        auto& shown = view(from_ns, at_ns);
        read(shown, at_ns);
        state = &shown.state;
        until_ns = shown.playback.played_until_ns();
    }
    return answer_text(request,
                       {.state = *state,
                        .now_ns = at_ns,
                        .access = access_,
                        .mode = Mode::archive,
                        .systems = systems_,
                        .started_ns = started_ns_,
                        .bad_events = bad_events_.count(),
                        .clients = clients},
                       until_ns);
}

void Archived::check_feed(const Request& request)
{
    if (access_ != Access::full) throw ApiError{403, "this is not shown with --access public"};
    const FeedRequest checked{request, systems_};
    (void)read_speed(request);
    (void)request.number("from_ns", 0, archive::Range::kEnd - kWindowNs);
}

void Archived::open_feed(const Request& request, const std::shared_ptr<FeedSink>& sink)
{
    FeedRequest wanted{request, systems_};
    const std::lock_guard lock{mutex_};
    const auto end = end_ns();
    const auto from_ns =
        request.number("from_ns", 0, archive::Range::kEnd - kWindowNs).value_or(end - std::min(end, kDefaultSpanNs));
    const auto now = Clock::now();
    auto& reader = readers_.emplace_back(Reader{from_ns, read_speed(request), now, now,
                                                Playback{files_from(files_, from_ns), {.from_ns = from_ns}},
                                                Feed{systems_}, nullptr, sink});
    reader.feed.join(sink, std::move(wanted.selection), wanted.rate);
    reader.state = std::make_shared<State>([feed = &reader.feed](const proto::Event& event, const KeptEventPtr& kept) {
        feed->observe(event, *kept, Clock::now());
    });
}

std::uint64_t Archived::Reader::at_ns(Clock::time_point now) const
{
    const std::chrono::duration<double, std::nano> passed = now - started;
    return from_ns + static_cast<std::uint64_t>(passed.count() * speed);
}

bool Archived::play(Reader& reader, Clock::time_point now)
{
    const auto sink = reader.sink.lock();
    if (!sink) return false;
    reader.playback.play(
        reader.at_ns(now), kMostFeedEvents, [&](const auto& batch) { add(*reader.state, batch, bad_events_); },
        [&](const proto::ArchiveGap& gap) {
            const auto count = gap.count() > 0 ? std::optional<std::uint64_t>{gap.count()} : std::nullopt;
            reader.feed.missed(
                {gap.source().node(), gap.source().publisher_id(), gap.first_sequence(), count, gap.noticed_ns()});
        });
    reader.feed.flush();
    if (now >= reader.next_sample) {
        reader.next_sample = now + std::chrono::seconds{1};
        reader.state->tick(reader.playback.played_until_ns());
        reader.feed.tick(reader.playback.played_until_ns());
    }
    if (!reader.playback.is_at_end()) return true;
    std::string text;
    append_sse(text, "end", "{}");
    sink->send(std::make_shared<const std::string>(std::move(text)), 0);
    return false;
}

void Archived::tick()
{
    const std::lock_guard lock{mutex_};
    const auto now = Clock::now();
    std::erase_if(readers_, [&](Reader& reader) { return !play(reader, now); });
}

Json Archived::archive_json() const
{
    struct Total {
        std::uint64_t from_ns = archive::Range::kEnd;
        std::uint64_t to_ns = 0;
        std::uint64_t events = 0;
        std::uint64_t files = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, Total> totals;
    Json files = Json::array();
    for (const auto& file : files_) {
        for (const auto& node : file.nodes) {
            if (!file.problem.empty()) continue;
            auto& total = totals[node];
            total.from_ns = std::min(total.from_ns, file.from_ns);
            total.to_ns = std::max(total.to_ns, file.to_ns);
            total.events += file.events;
            ++total.files;
            total.bytes += file.bytes;
        }
        Json json = {{"node", file.nodes.empty() ? "" : file.nodes.front()},
                     {"name", file.path.filename().string()},
                     {"from_ns", file.from_ns},
                     {"to_ns", file.to_ns},
                     {"events", file.events},
                     {"bytes", file.bytes},
                     {"is_open", file.is_open}};
        if (!file.problem.empty()) json["problem"] = file.problem;
        if (files.size() < 1000) files.push_back(std::move(json));
    }
    const bool is_public = access_ != Access::full;
    constexpr std::uint64_t kMinuteNs = 60 * kSecond;
    Json json;
    if (!is_public) json["directory"] = directory_.string();
    json["nodes"] = Json::array();
    for (const auto& [node, total] : totals) {
        Json one = {{"node", node},
                    {"from_ns", is_public ? total.from_ns - total.from_ns % kMinuteNs : total.from_ns},
                    {"to_ns", is_public ? total.to_ns - total.to_ns % kMinuteNs : total.to_ns}};
        if (!is_public) {
            one["events"] = total.events;
            one["files"] = total.files;
            one["bytes"] = total.bytes;
        }
        json["nodes"].push_back(std::move(one));
    }
    if (!is_public) json["files"] = std::move(files);
    return json;
}

} // namespace peer_observer::web
