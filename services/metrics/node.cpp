#include "services/metrics/node.h"

namespace peer_observer::metrics {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

} // namespace

Node::Node(Registry& registry, std::string_view name, const IpLists& lists, const AsOptions& as_options,
           const KnownPeersOption& known_peers, const Moment& start)
    : registry_{registry, name}, restarts_{registry_.counter(metric("node_restarts_total"))}, health_{registry_},
      messages_{registry_, lists}, connections_{registry_, lists}, by_as_{registry_, as_options},
      known_{registry_, known_peers}, mempool_{registry_}, validation_{registry_}, patched_{registry_},
      rpc_{registry_, lists}, log_{registry_}
{
    const auto start_s = start.unix_ns / kNanoseconds;
    registry_.gauge(metric("runtime_start_timestamp")).Set(static_cast<double>(start_s));
}

void Node::observe(const proto::Event& event, std::uint64_t publisher_id, bool is_counted, const Moment& now)
{
    health_.observe_event(event, now);
    if (!is_counted) return;
    // Answers to RPC calls, lines of the log and what a peer sees come from other publishers, and like a loss from no
    // process.
    const ConnectionState::ProcessId process{publisher_id, event.pid(), event.process_start_ms()};
    if (!event.has_rpc() && !event.has_log() && !event.has_p2p_extractor() && !event.has_events_lost()) {
        by_as_.seen(process);
        if (connections_.seen(process)) {
            patched_.on_new_process();
            observe_process(event);
        }
    }
    if (event.has_connection()) connections_.track(event.connection());
    if (event.has_connection() || event.has_message())
        known_.take(process, event, counting(now));
    else
        counting(now)(process, event);
    // Of a peer that is left out since it was opened, by_as_ does not see the end.
    if (event.connection().has_closed()) by_as_.forget(event.connection().closed().peer_id());
}

KnownConnections::Count Node::counting(const Moment& now)
{
    return [this, &now](const ConnectionState::ProcessId& process, const proto::Event& event) {
        if (event.has_connection() || event.has_message()) by_as_.seen(process); // it may have waited
        if (!count(event, now)) health_.count_unknown();
    };
}

/// Another publisher may report a known process.
void Node::observe_process(const proto::Event& event)
{
    constexpr std::size_t kMaxProcesses = 1024;
    const bool is_first = processes_.empty();
    if (processes_.size() >= kMaxProcesses) processes_.erase(processes_.begin());
    if (processes_.emplace(event.pid(), event.process_start_ms()).second && !is_first) restarts_.Increment();
}

bool Node::count(const proto::Event& event, const Moment& now)
{
    const auto time_ns = static_cast<std::int64_t>(event.timestamp_ns());
    switch (event.context_case()) {
    case proto::Event::kEventsLost:
        health_.observe_loss(event.events_lost());
        return true;
    case proto::Event::kMessage:
        by_as_.observe(event.message());
        if (p2p_extractor_ && event.message().has_inbound())
            p2p_extractor_->block_delays().observe_message(event.message().inbound(), time_ns);
        return messages_.observe(event.message(), time_ns / kNanoseconds);
    case proto::Event::kConnection:
        by_as_.observe(event.connection());
        return connections_.count(event.connection(), static_cast<double>(time_ns) / kNanoseconds);
    case proto::Event::kMempool:
        return mempool_.observe(event.mempool());
    case proto::Event::kValidation:
        if (p2p_extractor_ && event.validation().has_block_connected())
            p2p_extractor_->block_delays().connected(event.validation().block_connected().hash(), time_ns);
        return validation_.observe(event.validation());
    case proto::Event::kAddrman:
        return patched_.observe(event.addrman());
    case proto::Event::kOrphan:
        return patched_.observe(event.orphan());
    case proto::Event::kRpc:
        return rpc_.observe(event.rpc(), time_ns / kNanoseconds, now.steady);
    case proto::Event::kLog:
        return log_.observe(event.log(), time_ns);
    case proto::Event::kP2PExtractor:
        if (!p2p_extractor_) p2p_extractor_.emplace(registry_);
        return p2p_extractor_->observe(event.p2p_extractor(), time_ns);
    case proto::Event::kAddrConnectivity:
    case proto::Event::kUtxocache:
    case proto::Event::kCoinSelection:
    case proto::Event::kAnomaly:
        return true; // no metrics
    case proto::Event::CONTEXT_NOT_SET:
        break;
    }
    return false;
}

void Node::flush()
{
    messages_.flush();
    log_.flush();
    if (p2p_extractor_) p2p_extractor_->flush();
    health_.flush();
}

void Node::tick(const Moment& now)
{
    for (const std::uint64_t publisher_id : health_.tick(now)) {
        known_.publisher_gone(publisher_id, counting(now));
        connections_.publisher_gone(publisher_id);
        by_as_.publisher_gone(publisher_id);
    }
    by_as_.show();
    rpc_.tick(now.steady);
}

} // namespace peer_observer::metrics
