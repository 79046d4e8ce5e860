#include "services/web/live.h"

#include "libs/base/clock.h"

#include <algorithm>
#include <utility>

namespace peer_observer::web {

Live::Live(asmap::AutonomousSystems* systems, Access access, const bus::Subscriber& subscriber,
           app::BadEvents& bad_events)
    : systems_{systems}, access_{access}, subscriber_{subscriber}, bad_events_{bad_events},
      started_ns_{base::unix_ns()}, feed_{systems},
      state_{[this](const proto::Event& event, const KeptEventPtr& kept) { feed_.observe(event, *kept, now_); }}
{}

void Live::add(const bus::Batch& batch)
{
    const std::lock_guard lock{mutex_};
    now_ = Feed::Clock::now();
    const auto now_ns = base::unix_ns();
    if (const auto& loss = batch.unknown_loss)
        feed_.missed({batch.node, loss->publisher_id, loss->next_sequence, std::nullopt, now_ns});
    if (batch.missed > 0)
        feed_.missed({batch.node, batch.publisher_id, batch.first_sequence - batch.missed, batch.missed, now_ns});
    state_.add(batch, {now_ns, batch.missed, batch.unknown_loss},
               [&](const events::BadEvent& bad) { bad_events_.add(batch, bad); });
}

void Live::tick()
{
    const std::lock_guard lock{mutex_};
    feed_.flush();
    const auto now = Feed::Clock::now();
    if (now < next_second_) return;
    next_second_ = now + std::chrono::seconds{1};
    const auto now_ns = base::unix_ns();
    state_.tick(now_ns);
    feed_.tick(now_ns);
}

void Live::locked(const std::function<void()>& change)
{
    const std::lock_guard lock{mutex_};
    change();
}

std::string Live::answer(const Request& request, const ClientStatistics& clients)
{
    if (const auto* text = recent_.find(request, RecentAnswers::Clock::now())) return *text;
    const std::lock_guard lock{mutex_};
    const auto begun = RecentAnswers::Clock::now();
    auto text = answer_text(request, {.state = state_,
                                      .now_ns = base::unix_ns(),
                                      .access = access_,
                                      .mode = Mode::live,
                                      .systems = systems_,
                                      .started_ns = started_ns_,
                                      .bus = subscriber_.statistics(),
                                      .bad_events = bad_events_.count(),
                                      .clients = clients});
    recent_.add(request, text, begun, RecentAnswers::Clock::now());
    return text;
}

void Live::check_feed(const Request& request)
{
    if (access_ != Access::full) throw ApiError{403, "this is not shown with --access public"};
    const FeedRequest checked{request, systems_};
    if (request.text("from_ns") || request.text("speed")) throw ApiError{400, "from_ns and speed are for archives"};
}

void Live::open_feed(const Request& request, const std::shared_ptr<FeedSink>& sink)
{
    FeedRequest wanted{request, systems_};
    const std::lock_guard lock{mutex_};
    feed_.flush(); // what waits there is among the latest, too
    if (wanted.last > 0) send_latest(wanted.selection, wanted.last, *sink);
    feed_.join(sink, std::move(wanted.selection), wanted.rate);
}

void Live::send_latest(const Selection& selection, std::uint64_t count, FeedSink& sink) const
{
    std::vector<std::string> shown;
    const auto& latest = state_.latest().events();
    proto::Event event;
    for (auto kept = latest.rbegin(); kept != latest.rend() && shown.size() < count; ++kept) {
        if (!selection.selects(*(*kept)->node, events::view_event((*kept)->bytes)) ||
            !event.ParseFromString((*kept)->bytes))
            continue;
        append_sse(shown.emplace_back(), "event", to_text(event_json(**kept, event, systems_)));
    }
    auto text = std::make_shared<std::string>();
    for (auto part = shown.rbegin(); part != shown.rend(); ++part)
        *text += *part;
    if (!text->empty()) sink.send(std::move(text), shown.size());
}

} // namespace peer_observer::web
