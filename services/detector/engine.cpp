#include "services/detector/engine.h"

#include <algorithm>
#include <cstddef>

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

/// Whether an event is of a context that some detector looks at: most of a block's events are not.
bool is_looked_at(std::string_view event)
try {
    protozero::pbf_reader fields{event.data(), event.size()};
    while (fields.next()) {
        if (is_looked_at(fields.tag())) return true;
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

void Engine::observe(const bus::Batch& batch)
{
    const auto key = fmt::format("{:016x} {}", batch.publisher_id, batch.node);
    if (streams_.find(key) == nullptr && streams_.is_full() && streams_.oldest().second.watch)
        streams_.oldest().second.watch->end();
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
    std::uint64_t sequence = batch.first_sequence;
    protozero::pbf_reader reader{batch.bytes.data(), batch.bytes.size()}; // the bus has checked the envelope
    while (reader.next(proto::EventBatch::kEventsFieldNumber, protozero::pbf_wire_type::length_delimited)) {
        const auto bytes = reader.get_view();
        if (sequence >= stream.next_sequence) {
            observe(stream, {bytes.data(), bytes.size()}, sequence);
        } else {
            ++counters_.duplicates;
        }
        ++sequence;
    }
    stream.next_sequence = std::max(stream.next_sequence, sequence);
    arena_.Reset();
    counters_.waiting = correlator_.waiting();
}

void Engine::idle()
{
    correlator_.flush();
    counters_.waiting = 0;
}

void Engine::observe(Stream& stream, std::string_view bytes, std::uint64_t sequence)
{
    ++counters_.events;
    if (!is_looked_at(bytes)) return;
    auto& event = *proto::Event::default_instance().New(&arena_);
    if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        ++counters_.unparsable;
        if (stream.watch) stream.watch->gap();
        return;
    }
    watch(stream).observe({event.timestamp_ns(), stream.publisher_id, sequence}, event);
    correlator_.advance(event.timestamp_ns());
}

NodeWatch& Engine::watch(Stream& stream)
{
    if (stream.watch) return *stream.watch;
    // The extractor was started again: what it was before will say no more.
    for (auto& [key, other] : streams_) {
        if (other.node != stream.node || !other.watch) continue;
        other.watch->end();
        other.watch.reset();
    }
    stream.watch = std::make_unique<NodeWatch>(stream.node, settings_,
                                               [this](Report&& report) { correlator_.add(std::move(report)); });
    return *stream.watch;
}

void Engine::publish(const proto::Event& event, const Definition& definition)
{
    if (event.anomaly().has_opened()) {
        const auto kinds = all_detectors();
        const auto kind = static_cast<std::size_t>(std::ranges::find(kinds, &definition) - kinds.begin());
        ++counters_.kinds[kind].opened.at(static_cast<std::size_t>(event.anomaly().opened().severity()));
    }
    event.SerializeToString(&serialized_);
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
    }
    counters_.peers = peers;
    counters_.streams = streams;
    counters_.refused = refused;
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        counters_.kinds[kind].open = correlator_.open(*kinds[kind]);
}

} // namespace peer_observer::detector
