#include "services/detector/engine.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include <fmt/format.h>

namespace peer_observer::detector {
namespace {

constexpr std::size_t kMostStreams = 512;

bool is_looked_at(std::uint32_t context)
{
    switch (context) {
    case proto::Event::kEventsLostFieldNumber:
    case proto::Event::kMessageFieldNumber:
    case proto::Event::kConnectionFieldNumber:
    case proto::Event::kMempoolFieldNumber:
    case proto::Event::kValidationFieldNumber:
    case proto::Event::kAddrmanFieldNumber:
    case proto::Event::kOrphanFieldNumber:
        return true;
    default:
        return false;
    }
}

/// Whether an event is of a kind that some detector looks at: most of a block's events are not.
bool is_looked_at(const events::EventView& event)
{
    if (event.is_malformed) return true; // for the parser to say
    if (event.context == proto::Event::kRpcFieldNumber) return event.arm == proto::Rpc::kGetpeerinfoFieldNumber;
    if (event.context == proto::Event::kAddrConnectivityFieldNumber)
        return event.arm == proto::AddrConnectivity::kAnnouncerReachabilityFieldNumber;
    return is_looked_at(event.context);
}

} // namespace

Engine::Engine(const Settings& settings, Publish publish)
    : settings_{settings}, publish_{std::move(publish)},
      correlator_{[this](const auto& event, const auto& definition) { this->publish(event, definition); }},
      streams_{kMostStreams}
{}

bool Engine::observe(const bus::Batch& batch)
{
    const auto key = fmt::format("{:016x} {}", batch.publisher_id, batch.node);
    if (streams_.find(key) == nullptr && streams_.is_full()) {
        if (const auto& watch = streams_.oldest().second.watch) {
            watch->end(std::max(newest_, watch->now()), proto::AnomalyReport::FORGOTTEN);
            note_highest(*watch);
        }
    }
    Stream& stream = streams_[key];
    if (!stream.started) {
        stream.started = true;
        stream.node = batch.node;
        stream.publisher_id = batch.publisher_id;
        stream.next_sequence = batch.first_sequence;
    }
    if (batch.first_sequence > stream.next_sequence) {
        ++counters_.gaps;
        if (stream.watch) stream.watch->gap();
    }
    bool looked_at = false;
    const auto first = stream.next_sequence;
    reader_.each_if(
        batch,
        [&](const events::EventView& event) {
            ++(event.sequence < first ? counters_.duplicates : counters_.events);
            return event.sequence >= first && is_looked_at(event);
        },
        [&](const proto::Event& event, const events::EventView& view) {
            looked_at = true;
            observe(stream, event, view.sequence);
        },
        [&](const events::BadEvent& bad) {
            bad_events_.add(batch, bad);
            if (stream.watch) stream.watch->gap();
        });
    stream.next_sequence = std::max(first, batch.first_sequence + batch.event_count);
    counters_.waiting = correlator_.waiting();
    return looked_at;
}

void Engine::idle()
{
    correlator_.flush();
    counters_.waiting = 0;
}

void Engine::observe(Stream& stream, const proto::Event& event, std::uint64_t sequence)
{
    newest_ = std::max<Time>(newest_, event.timestamp_ns());
    look_for_silence();
    watch(stream, event).observe({event.timestamp_ns(), stream.publisher_id, sequence}, event);
    stream.heard = newest_;
    if (stream.is_silent) {
        stream.is_silent = false;
        next_silence_ = std::min(next_silence_, silent_from(stream));
    }
    correlator_.advance(event.timestamp_ns());
}

/// A stream has ended if the others' events are so much later than its last one. The verdict has the time of that
/// moment and is made before reports of a later time are published: so it does not matter how its events and theirs
/// were mixed.
void Engine::look_for_silence()
{
    if (newest_ < next_silence_) return;
    next_silence_ = std::numeric_limits<Time>::max();
    for (auto& [key, stream] : streams_) {
        if (!stream.watch || stream.is_silent) continue;
        if (silent_from(stream) <= newest_) {
            stream.is_silent = true;
            stream.watch->end(stream.watch->now() + NodeWatch::kLongestSilence, proto::AnomalyReport::SILENCE);
        } else {
            next_silence_ = std::min(next_silence_, silent_from(stream));
        }
    }
}

/// A stream whose clock is behind the others' is not silent while its events come.
Time Engine::silent_from(const Stream& stream)
{
    return NodeWatch::kLongestSilence + std::max(stream.watch->now() + Correlator::kWait, stream.heard);
}

Engine::Sort Engine::sort_of(const proto::Event& event)
{
    if (event.has_rpc()) return Sort::rpc_extractor;
    return event.has_addr_connectivity() ? Sort::addr_connectivity : Sort::extractor;
}

NodeWatch& Engine::watch(Stream& stream, const proto::Event& event)
{
    if (stream.watch) return *stream.watch;
    stream.sort = sort_of(event);
    // The publisher was started again: what it was before will say no more.
    for (auto& [key, other] : streams_) {
        if (other.node != stream.node || other.sort != stream.sort || !other.watch) continue;
        other.watch->end(std::max<Time>(other.watch->now(), event.timestamp_ns()),
                         proto::AnomalyReport::PUBLISHER_RESTARTED);
        note_highest(*other.watch);
        other.watch.reset();
    }
    stream.is_silent = true; // until this event has been looked at
    stream.watch = std::make_unique<NodeWatch>(stream.node, settings_,
                                               [this](Report&& report) { correlator_.add(std::move(report)); });
    return *stream.watch;
}

void Engine::note_highest(const NodeWatch& watch)
{
    for (std::size_t kind = 0; kind < counters_.kinds.size(); ++kind) {
        auto& highest = counters_.kinds[kind].highest;
        highest = std::max(highest.load(), watch.highest(kind));
    }
}

void Engine::publish(const proto::Event& event, const Definition& definition)
{
    if (event.anomaly().has_opened()) {
        const auto kinds = all_detectors();
        const auto kind = static_cast<std::size_t>(std::ranges::find(kinds, &definition) - kinds.begin());
        ++counters_.kinds[kind].opened.at(static_cast<std::size_t>(event.anomaly().opened().severity()));
    }
    static_cast<void>(event.SerializeToString(&serialized_)); // fails from 2 GiB on
    publish_(serialized_);
}

void Engine::count()
{
    std::uint64_t peers = 0;
    std::uint64_t streams = 0;
    std::uint64_t refused = 0;
    for (const auto& [key, stream] : streams_) {
        if (!stream.watch) continue;
        ++streams;
        peers += stream.watch->peers();
        refused += stream.watch->refused();
        note_highest(*stream.watch);
    }
    counters_.peers = peers;
    counters_.streams = streams;
    counters_.refused = refused;
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        counters_.kinds[kind].open = correlator_.open(*kinds[kind]);
}

} // namespace peer_observer::detector
