#include "services/detector/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <ranges>
#include <set>
#include <string_view>

namespace peer_observer::detector {
namespace {

constexpr std::size_t kMostStreams = 512;
// A publisher of which nothing more comes once another one tells of its node has been replaced. Events of one may be
// delivered some seconds later than those of another.
constexpr Time kReplacedAfter = 30 * kSecond;
constexpr Time kNever = std::numeric_limits<Time>::max();

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
    if (event.context == proto::Event::kLogFieldNumber) return LogReasons::is_looked_at(event.arm);
    return is_looked_at(event.context);
}

std::uint64_t process_key(const proto::Event& event)
{
    return event.process_start_ms() << 22U ^ event.pid(); // a pid has at most 22 bits (PID_MAX_LIMIT)
}

} // namespace

Engine::Engine(const Settings& settings, Publish publish, Notice notice)
    : settings_{settings}, publish_{std::move(publish)}, notice_{std::move(notice)},
      correlator_{[this](auto& event, const auto& definition, bool rises) { this->publish(event, definition, rises); },
                  [this](const Report& report) { return reasons_of(report); }},
      streams_{kMostStreams}
{}

bool Engine::observe(const bus::Batch& batch)
{
    const auto key = fmt::format("{:016x} {}", batch.publisher_id, batch.node);
    if (streams_.find(key) == nullptr && streams_.is_full())
        end(streams_.oldest().second, newest_, proto::AnomalyReport::FORGOTTEN);
    Stream& stream = streams_[key];
    if (!stream.started) {
        stream.started = true;
        stream.node = batch.node;
        stream.publisher_id = batch.publisher_id;
        stream.next_sequence = batch.first_sequence;
    }
    if (batch.first_sequence > stream.next_sequence) {
        ++counters_.gaps;
        gap(stream);
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
            gap(stream);
        });
    stream.next_sequence = std::max(first, batch.first_sequence + batch.event_count);
    stream.stopped = stream.stopped || batch.last;
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
    const Time now = event.timestamp_ns();
    if (event.has_log()) { // it only adds to what others' events show
        log_reasons_.add(stream.node, {now, stream.publisher_id, sequence}, event.log());
        return;
    }
    newest_ = std::max(newest_, now);
    look_for_silence();
    look_for_replaced();
    if (event.has_events_lost()) {
        gap(stream); // of whichever process: it has no pid
        return;
    }
    Process& own = process(stream, event);
    if (next_replaced_ == 0) look_for_replaced();
    own.watch->observe({now, stream.publisher_id, sequence}, event);
    own.heard = newest_;
    if (own.is_silent) {
        own.is_silent = false;
        next_silence_ = std::min(next_silence_, silent_from(own));
    }
    if (stream.replaced != 0 && now > stream.replaced) look_for_twins(stream, now);
    stream.newest = std::max(stream.newest, now);
    if (stream.processes.size() > 1)
        for (auto& [key, other] : stream.processes)
            if (other.watch != own.watch) other.watch->pass(now);
    correlator_.advance(now);
}

/// A process has ended if the others' events are so much later than its last one. The verdict has the time of that
/// moment and is made before reports of a later time are published: so it does not matter how its events and theirs
/// were mixed.
void Engine::look_for_silence()
{
    if (newest_ < next_silence_) return;
    next_silence_ = kNever;
    for (auto& [name, stream] : streams_) {
        std::vector<std::uint64_t> gone;
        for (auto& [key, process] : stream.processes) {
            if (process.is_silent) continue;
            if (silent_from(process) <= newest_) {
                process.is_silent = true;
                gone.push_back(key);
                process.watch->end(process.watch->now() + NodeWatch::kLongestSilence, proto::AnomalyReport::SILENCE);
            } else {
                next_silence_ = std::min(next_silence_, silent_from(process));
            }
        }
        for (const auto key : gone) {
            if (stream.processes.size() == 1) break; // the node may be idle
            retire(*stream.processes.find(key)->watch);
            stream.processes.erase(key);
        }
    }
}

/// A process whose clock is behind the others' is not silent while its events come.
Time Engine::silent_from(const Process& process)
{
    return NodeWatch::kLongestSilence + std::max(process.watch->now() + Correlator::kWait, process.heard);
}

/// The publisher was started again, and the one before says no more.
void Engine::look_for_replaced()
{
    if (newest_ < next_replaced_) return;
    next_replaced_ = kNever;
    for (auto& [name, stream] : streams_) {
        if (stream.replaced == 0) continue;
        const Time due = stream.replaced + (stream.stopped ? 0 : kReplacedAfter);
        if (due <= newest_)
            end(stream, due, proto::AnomalyReport::PUBLISHER_RESTARTED);
        else
            next_replaced_ = std::min(next_replaced_, due);
    }
}

void Engine::look_for_twins(Stream& stream, Time now)
{
    const bool is_first = stream.processes.size() == 1 && stream.newest == 0;
    if (!is_first) { // it continues although another one has come
        stream.replaced = 0;
        if (stream.is_twin) return;
        stream.is_twin = true;
        ++counters_.twins;
        if (notice_)
            notice_(
                fmt::format("two publishers of the same sort send events of node {} at the same time; each of them is "
                            "looked at by itself. Give nodes different names (--node), or stop one",
                            stream.node));
        return;
    }
    for (auto& [name, other] : streams_) {
        if (&other == &stream || other.node != stream.node || other.sort != stream.sort) continue;
        if (other.processes.size() == 0 || other.replaced != 0 || other.is_twin) continue;
        other.replaced = now;
        next_replaced_ = 0;
    }
}

Engine::Sort Engine::sort_of(const proto::Event& event)
{
    if (event.has_rpc()) return Sort::rpc_extractor;
    if (event.has_log()) return Sort::log_extractor;
    if (event.has_p2p_extractor()) return Sort::p2p_extractor;
    return event.has_addr_connectivity() ? Sort::addr_connectivity : Sort::extractor;
}

Engine::Process& Engine::process(Stream& stream, const proto::Event& event)
{
    const auto key = process_key(event);
    if (stream.processes.find(key) != nullptr) return stream.processes[key];
    if (stream.processes.is_full()) {
        auto& oldest = *stream.processes.oldest().second.watch;
        oldest.end(std::max(newest_, oldest.now()), proto::AnomalyReport::FORGOTTEN);
        retire(oldest);
    }
    Process& process = stream.processes[key];
    process.is_silent = true; // until this event has been looked at
    process.watch =
        std::make_unique<NodeWatch>(WatchId{stream.node, stream.publisher_id, event.pid(), event.process_start_ms()},
                                    settings_, [this](Report&& report) { correlator_.add(std::move(report)); });
    if (stream.newest == 0) {
        stream.sort = sort_of(event);
        look_for_twins(stream, event.timestamp_ns());
    }
    return process;
}

std::vector<LogReason> Engine::reasons_of(const Report& report)
{
    std::vector<std::int64_t> peers;
    peers.reserve(report.state.peers.size());
    for (const auto& peer : report.state.peers)
        peers.push_back(peer.id);
    // Of several processes, the log does not say whose line it is.
    for (const auto& [name, stream] : streams_)
        if (stream.node == report.watch.node && stream.sort == Sort::extractor && stream.processes.size() > 1)
            peers.clear();
    return log_reasons_.find(report.watch.node,
                             {report.state.first, report.time + LogReasons::kAfter, report.state.blocks, peers});
}

void Engine::gap(Stream& stream)
{
    for (auto& [key, process] : stream.processes)
        process.watch->gap();
}

/// Nothing more is said of its processes.
void Engine::end(Stream& stream, Time at, Ending ending)
{
    for (auto& [key, process] : stream.processes) {
        process.watch->end(std::max(at, process.watch->now()), ending);
        retire(*process.watch);
    }
    stream.processes.clear();
    stream.replaced = 0;
    stream.newest = 0;
}

void Engine::retire(const NodeWatch& watch)
{
    refused_before_ += watch.refused();
    note_highest(watch);
}

void Engine::note_highest(const NodeWatch& watch)
{
    for (std::size_t kind = 0; kind < counters_.kinds.size(); ++kind) {
        auto& highest = counters_.kinds[kind].highest;
        highest = std::max(highest.load(), watch.highest(kind));
    }
}

void Engine::publish(proto::Event& event, const Definition& definition, bool rises)
{
    auto& anomaly = *event.mutable_anomaly();
    auto& report = anomaly.has_opened()    ? *anomaly.mutable_opened()
                   : anomaly.has_updated() ? *anomaly.mutable_updated()
                                           : *anomaly.mutable_closed();
    std::set<std::string_view> nodes;
    for (const auto& [name, stream] : streams_)
        for (const auto& [key, process] : stream.processes)
            if (const auto* profile = process.watch->profile(report.subject());
                profile != nullptr && profile->first <= event.timestamp_ns())
                nodes.insert(stream.node);
    constexpr std::size_t kMostNodes = 64;
    for (const auto node : nodes | std::views::take(kMostNodes))
        report.add_connected_nodes(std::string{node});
    if (rises) {
        const auto kinds = all_detectors();
        const auto kind = static_cast<std::size_t>(std::ranges::find(kinds, &definition) - kinds.begin());
        ++counters_.kinds[kind].opened.at(static_cast<std::size_t>(report.severity()));
    }
    static_cast<void>(event.SerializeToString(&serialized_)); // fails from 2 GiB on
    publish_(serialized_);
}

void Engine::count()
{
    std::uint64_t peers = 0;
    std::uint64_t streams = 0;
    std::uint64_t processes = 0;
    std::uint64_t refused = 0;
    for (const auto& [name, stream] : streams_) {
        if (stream.processes.size() > 0) ++streams;
        for (const auto& [key, process] : stream.processes) {
            ++processes;
            peers += process.watch->peers();
            refused += process.watch->refused();
            note_highest(*process.watch);
        }
    }
    counters_.peers = peers;
    counters_.streams = streams;
    counters_.processes = processes;
    counters_.refused = refused_before_ + refused;
    counters_.set_open(summarize(correlator_.open()));
}

} // namespace peer_observer::detector
