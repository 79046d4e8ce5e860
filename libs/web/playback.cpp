#include "libs/web/playback.h"

#include <algorithm>

namespace peer_observer::web {

Playback::Playback(const std::vector<std::filesystem::path>& files, const archive::Range& range,
                   const archive::Track::OnDamage& on_damage)
    : range_{range}, tracks_{files, range, on_damage}, played_until_ns_{range.from_ns}
{}

void Playback::play(std::uint64_t to_ns, std::uint64_t most_events, const OnBatch& on_batch, const OnGap& on_gap)
{
    std::uint64_t played = 0;
    while (auto* track = tracks_.front()) {
        if (played >= most_events) return;
        const auto item = track->front();
        if (item.gap != nullptr) {
            on_gap(item.gap->gap);
            track->pop();
            tracks_.advanced();
            continue;
        }
        const auto& batch = *item.batch;
        if (track->time_ns() >= to_ns) break;
        // Those before `to_ns`: the first that is not, and what is behind it, waits.
        std::uint64_t end = batch.event_count;
        std::uint64_t end_time_ns = 0;
        events::for_each_event(batch, [&](const events::EventView& event) {
            const auto place = event.sequence - batch.first_sequence;
            if (place < item.taken || end < batch.event_count || event.timestamp_ns < to_ns) return;
            end = place;
            end_time_ns = event.timestamp_ns;
        });
        events::select(
            batch,
            [&](const events::EventView& event) {
                const auto place = event.sequence - batch.first_sequence;
                return place >= item.taken && place < end && range_.contains(event);
            },
            on_batch);
        played += end - item.taken;
        played_until_ns_ = std::max(played_until_ns_, track->time_ns());
        if (end == batch.event_count)
            track->pop();
        else
            track->pop_events(end - item.taken, end_time_ns);
        tracks_.advanced();
    }
    played_until_ns_ = std::max(played_until_ns_, to_ns);
}

} // namespace peer_observer::web
