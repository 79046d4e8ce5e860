#include "services/web/feed.h"

#include "libs/print/json.h"

#include <algorithm>
#include <utility>

namespace peer_observer::web {
namespace {

std::string_view without_newline(std::string_view line) { return line.substr(0, line.find('\n')); }

} // namespace

void append_sse(std::string& out, std::string_view name, std::string_view data)
{
    out.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
}

FeedRequest::FeedRequest(const Request& request, const asmap::AutonomousSystems* systems)
    : selection{request, systems}, rate{request.number("rate", 1, Feed::kMostRate).value_or(Feed::kDefaultRate)},
      last{request.number("last", 0, 500).value_or(0)}
{
    allow_selection(request, {"rate", "last", "from_ns", "speed"});
}

void Feed::join(const std::weak_ptr<FeedSink>& sink, Selection selection, std::uint64_t rate)
{
    auto channel = std::ranges::find_if(channels_, [&](const Channel& known) {
        return known.rate == rate && known.selection.name() == selection.name();
    });
    if (channel == channels_.end()) {
        channels_.push_back({std::move(selection), rate, static_cast<double>(rate), Clock::now()});
        channel = std::prev(channels_.end());
    }
    channel->sinks.push_back(sink);
}

void Feed::observe(const proto::Event& event, const KeptEvent& kept, Clock::time_point now)
{
    if (channels_.empty()) return;
    const auto view = events::view_event(kept.bytes, kept.id.sequence);
    line_.clear(); // printed once, for whoever wants it
    for (auto& channel : channels_) {
        if (!channel.selection.selects(*kept.node, view)) continue;
        ++channel.matched;
        const std::chrono::duration<double> passed = now - channel.filled;
        channel.filled = now;
        const auto rate = static_cast<double>(channel.rate);
        channel.tokens = std::min(rate, channel.tokens + passed.count() * rate);
        if (channel.tokens < 1 || channel.text.size() > kMostBytes) continue;
        channel.tokens -= 1;
        if (line_.empty()) {
            proto::Event without_payload;
            const auto* shown = &event;
            if (kept.payload_omitted && without_payload.ParseFromString(kept.bytes)) shown = &without_payload;
            print::append_json({*kept.node, kept.id.publisher_id, kept.id.sequence}, *shown, line_, systems_);
        }
        append_sse(channel.text, "event", without_newline(line_));
        ++channel.shown;
        ++channel.text_events;
    }
}

void Feed::missed(const print::Missed& missed)
{
    std::string line;
    print::append_json(missed, line);
    for (auto& channel : channels_) {
        if (!channel.selection.selects_node(missed.node) || channel.text.size() > kMostBytes) continue;
        append_sse(channel.text, "event", without_newline(line));
        ++channel.text_events;
    }
}

void Feed::flush()
{
    for (auto& channel : channels_) {
        if (channel.text.empty()) continue;
        const auto text = std::make_shared<const std::string>(std::exchange(channel.text, {}));
        const auto events = std::exchange(channel.text_events, 0);
        for (const auto& watching : channel.sinks)
            if (const auto sink = watching.lock()) sink->send(text, events);
    }
}

void Feed::tick(std::uint64_t time_ns)
{
    for (auto& channel : channels_) {
        std::erase_if(channel.sinks, [](const auto& sink) { return sink.expired(); });
        for (const auto& watching : channel.sinks)
            if (const auto sink = watching.lock()) sink->sample(time_ns, channel.matched, channel.shown);
        channel.matched = 0;
        channel.shown = 0;
    }
    std::erase_if(channels_, [](const auto& channel) { return channel.sinks.empty(); });
}

} // namespace peer_observer::web
