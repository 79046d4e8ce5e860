#include "services/metrics/p2p/known_connections.h"

#include "libs/base/host_port.h"

#include <optional>
#include <string_view>
#include <utility>

namespace peer_observer::metrics {
namespace {

/// What an event says of the connection that it is of.
struct About {
    std::int64_t peer_id = 0;
    std::string_view address; ///< empty: the event does not say it
    proto::Network network = proto::UNROUTABLE;
    bool inbound = false;
    bool opens = false;
    bool closes = false;
};

template <typename Source>
About about(const Source& source)
{
    return {.peer_id = source.peer_id(), .address = source.address(), .inbound = source.connection_type() == "inbound"};
}

About about_opened(const proto::OpenedConnection& opened)
{
    About result = about(opened);
    result.network = opened.network();
    result.opens = true;
    return result;
}

std::optional<About> about_event(const proto::Event& event)
{
    if (event.has_message()) {
        const auto& message = event.message();
        if (message.has_inbound()) return about(message.inbound());
        if (message.has_outbound()) return about(message.outbound());
        if (message.has_processed()) return about(message.processed());
        return {};
    }
    const auto& connection = event.connection();
    switch (connection.event_case()) {
    case proto::Connection::kInbound:
        return about_opened(connection.inbound());
    case proto::Connection::kOutbound:
        return about_opened(connection.outbound());
    case proto::Connection::kClosed: {
        About result = about(connection.closed());
        result.closes = true;
        return result;
    }
    case proto::Connection::kEvicted:
        return about(connection.evicted());
    case proto::Connection::kMisbehaving:
        return About{.peer_id = connection.misbehaving().peer_id()};
    default:
        return {};
    }
}

const proto::Version* version_of(const proto::Event& event)
{
    const auto& message = event.message();
    return message.has_inbound() && message.inbound().payload().has_version() ? &message.inbound().payload().version()
                                                                              : nullptr;
}

} // namespace

std::size_t KnownConnections::Hash::operator()(const Key& key) const
{
    std::size_t hash = key.process.publisher_id;
    for (const auto part :
         {std::uint64_t{key.process.pid}, key.process.start_ms, static_cast<std::uint64_t>(key.peer_id)})
        hash = hash * 0x9e37'79b9'7f4a'7c15 + part;
    return hash;
}

KnownConnections::KnownConnections(NodeRegistry& registry, const KnownPeersOption& option)
    : option_{option}, opened_{registry, metric("known_peer_connections_total")},
      messages_{registry, metric("known_peer_messages_total")}
{}

void KnownConnections::take(const ProcessId& process, const proto::Event& event, const Count& count)
{
    if (option_.peers.empty() && connections_.size() == 0) return count(process, event);
    const auto found = about_event(event);
    if (!found) return count(process, event);
    const Key key{process, found->peer_id};
    if (found->opens) forget(key, count); // the id was another connection's, whose end was not seen
    const bool is_new = connections_.find(key) == nullptr;
    if (is_new && found->address.empty()) return count(process, event); // whose it is, nothing tells
    if (is_new && connections_.is_full()) forget(Key{connections_.oldest().first}, count);
    Connection& connection = connections_[key];
    if (is_new) {
        const auto host = base::host_of(found->address);
        if (app::is_own_host(host, found->inbound, found->network)) connection.own_host = host;
    }
    if (const auto* version = version_of(event)) connection.user_agent = version->user_agent();
    const std::size_t size = event.ByteSizeLong();
    // The version message of a connection that was there before has passed.
    const bool waits = (is_new ? found->opens && option_.peers.has_agents() : connection.version == 0) &&
                       !version_of(event) && !found->closes && connection.waiting.size() < kMostWaiting &&
                       waiting_bytes_ + size <= kMostWaitingBytes;
    if (waits) {
        connection.waiting.push_back(event);
        connection.waiting_bytes += size;
        waiting_bytes_ += size;
        return;
    }
    if (version_of(event) || connection.version != option_.version) decide(key, connection, count);
    count_one(key, connection, event, count);
    if (found->closes) connections_.erase(key);
}

void KnownConnections::publisher_gone(std::uint64_t publisher_id, const Count& count)
{
    std::vector<Key> gone;
    for (const auto& [key, connection] : connections_)
        if (key.process.publisher_id == publisher_id) gone.push_back(key);
    for (const Key& key : gone)
        forget(key, count);
}

void KnownConnections::decide(const Key& key, Connection& connection, const Count& count)
{
    const auto* known = option_.peers.find(connection.own_host, connection.user_agent);
    connection.version = option_.version;
    connection.is_left_out = known != nullptr && known->is_left_out;
    connection.name = known == nullptr ? "" : known->name;
    waiting_bytes_ -= std::exchange(connection.waiting_bytes, 0);
    for (const auto& event : std::exchange(connection.waiting, {}))
        count_one(key, connection, event, count);
}

void KnownConnections::count_one(const Key& key, const Connection& connection, const proto::Event& event,
                                 const Count& count)
{
    if (!connection.name.empty()) {
        if (event.message().has_inbound() || event.message().has_outbound()) messages_.increment(connection.name);
        if (event.connection().has_inbound() || event.connection().has_outbound()) opened_.increment(connection.name);
    }
    if (!connection.is_left_out) count(key.process, event);
}

void KnownConnections::forget(const Key& key, const Count& count)
{
    if (Connection* connection = connections_.find(key); connection != nullptr && !connection->waiting.empty())
        decide(key, *connection, count);
    connections_.erase(key);
}

} // namespace peer_observer::metrics
