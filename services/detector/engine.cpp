#include "services/detector/engine.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include <fmt/format.h>
#include <protozero/pbf_reader.hpp>

namespace peer_observer::detector {
namespace {

constexpr std::size_t kArenaBlockBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostStreams = 512;

google::protobuf::ArenaOptions arena_options(char* block)
{
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = kArenaBlockBytes;
    return options;
}

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

/// Of the oneof in a context.
bool has_arm(protozero::pbf_reader& fields, std::uint32_t arm)
{
    if (fields.wire_type() != protozero::pbf_wire_type::length_delimited) return true; // for the parser to say
    return fields.get_message().next(arm);
}

/// Whether an event is of a context that some detector looks at: most of a block's events are not.
bool is_looked_at(std::string_view event)
try {
    protozero::pbf_reader fields{event.data(), event.size()};
    while (fields.next()) {
        if (is_looked_at(fields.tag())) return true;
        if (fields.tag() == proto::Event::kRpcFieldNumber) return has_arm(fields, proto::Rpc::kGetpeerinfoFieldNumber);
        if (fields.tag() == proto::Event::kAddrConnectivityFieldNumber)
            return has_arm(fields, proto::AddrConnectivity::kAnnouncerReachabilityFieldNumber);
        fields.skip();
    }
    return false;
} catch (const protozero::exception&) {
    return true; // for the parser to say
}

} // namespace

Engine::Engine(const Settings& settings, Publish publish)
    : settings_{settings}, publish_{std::move(publish)},
      correlator_{[this](const auto& event, const auto& definition) { this->publish(event, definition); }},
      streams_{kMostStreams}, arena_block_{std::make_unique<char[]>(kArenaBlockBytes)},
      arena_{arena_options(arena_block_.get())}
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
    std::uint64_t sequence = batch.first_sequence;
    protozero::pbf_reader reader{batch.bytes.data(), batch.bytes.size()}; // the bus has checked the envelope
    while (reader.next(proto::EventBatch::kEventsFieldNumber, protozero::pbf_wire_type::length_delimited)) {
        const auto bytes = reader.get_view();
        if (sequence >= stream.next_sequence) {
            looked_at |= observe(stream, {bytes.data(), bytes.size()}, sequence);
        } else {
            ++counters_.duplicates;
        }
        ++sequence;
    }
    stream.next_sequence = std::max(stream.next_sequence, sequence);
    arena_.Reset();
    counters_.waiting = correlator_.waiting();
    return looked_at;
}

void Engine::idle()
{
    correlator_.flush();
    counters_.waiting = 0;
}

bool Engine::observe(Stream& stream, std::string_view bytes, std::uint64_t sequence)
{
    ++counters_.events;
    if (!is_looked_at(bytes)) return false;
    auto& event = *proto::Event::default_instance().New(&arena_);
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        ++counters_.unparsable;
        if (stream.watch) stream.watch->gap();
        return false;
    }
    newest_ = std::max<Time>(newest_, event.timestamp_ns());
    look_for_silence();
    watch(stream, event).observe({event.timestamp_ns(), stream.publisher_id, sequence}, event);
    stream.heard = newest_;
    if (stream.is_silent) {
        stream.is_silent = false;
        next_silence_ = std::min(next_silence_, silent_from(stream));
    }
    correlator_.advance(event.timestamp_ns());
    return true;
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
