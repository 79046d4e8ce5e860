#include "services/metrics/p2p_extractor/p2p_extractor.h"

#include <cctype>
#include <string>

namespace peer_observer::metrics {
namespace {

/// Seen from the node, as everywhere here.
Direction direction_of(const proto::NodeConnection& connection)
{
    return connection.direction() == proto::NodeConnection::FROM_NODE ? Direction::outbound : Direction::inbound;
}

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

std::string lower(std::string name)
{
    for (char& letter : name)
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return name;
}

} // namespace

P2pExtractor::P2pExtractor(NodeRegistry& registry)
    : registry_{registry}, last_ping_{registry, metric("p2pextractor_ping_duration_nanoseconds")},
      address_messages_{registry.counter(metric("p2pextractor_addrv2relay_messages"))},
      small_address_messages_{registry.counter(metric("p2pextractor_addrv2relay_messages_10_or_less_entries"))},
      last_addresses_{registry, metric("p2pextractor_addrv2relay_size")},
      invs_{registry.counter(metric("p2pextractor_invs_messages"))},
      last_inv_{registry, metric("p2pextractor_invs_size")},
      fee_filters_{registry.counter(metric("p2pextractor_feefilter_messages"))},
      last_fee_filter_{registry, metric("p2pextractor_feefilter_last")},
      pings_{registry, metric("p2pextractor_ping_seconds")},
      ping_waiting_{&registry.gauge(metric("p2pextractor_ping_waiting_seconds"), {kDirectionNames[0]}),
                    &registry.gauge(metric("p2pextractor_ping_waiting_seconds"), {kDirectionNames[1]})},
      handshakes_{registry, metric("p2pextractor_handshake_seconds")},
      not_found_{registry.counter(metric("p2pextractor_notfound_items_total"))}, block_delays_{registry}
{
    for (std::size_t i = 0; i < addresses_.size(); ++i)
        addresses_[i] = &registry.counter(metric("p2pextractor_addrv2relay_addresses"),
                                          {i < kNetworkNames.size() ? kNetworkNames[i] : "unknown"});
    for (std::size_t i = 0; i < items_.size(); ++i)
        items_[i] = &registry.counter(metric("p2pextractor_invs_items"), {kInvTypes[i].name});
}

bool P2pExtractor::observe(const proto::P2pExtractor& event, std::int64_t time_ns)
{
    switch (event.event_case()) {
    case proto::P2pExtractor::kConnected:
        handshakes_[direction_of(event.connected().connection())].observe(
            seconds(event.connected().handshake_duration_ns()));
        return true;
    case proto::P2pExtractor::kConnectFailed:
        ended(event.connect_failed().connection(), event.connect_failed().reason());
        return true;
    case proto::P2pExtractor::kDisconnected:
        ended(event.disconnected().connection(), event.disconnected().reason());
        return true;
    case proto::P2pExtractor::kPingAnswered: {
        const auto& answered = event.ping_answered();
        const auto direction = direction_of(answered.connection());
        last_ping_.set(static_cast<double>(answered.round_trip_ns()));
        pings_[direction].observe(seconds(answered.round_trip_ns()));
        ping_waiting_[index(direction)]->Set(0);
        return true;
    }
    case proto::P2pExtractor::kPingWaiting:
        ping_waiting_[index(direction_of(event.ping_waiting().connection()))]->Set(
            seconds(event.ping_waiting().waiting_ns()));
        return true;
    case proto::P2pExtractor::kAddresses:
        observe(event.addresses());
        return true;
    case proto::P2pExtractor::kInventory:
        observe(event.inventory());
        return true;
    case proto::P2pExtractor::kNotfound:
        not_found_.Increment(static_cast<double>(event.notfound().count()));
        return true;
    case proto::P2pExtractor::kFeefilter:
        fee_filters_.Increment();
        last_fee_filter_.set(static_cast<double>(event.feefilter().fee_rate_sat_per_kvb()));
        return true;
    case proto::P2pExtractor::kBlockAnnounced: {
        const auto& announced = event.block_announced();
        const auto direction = direction_of(announced.connection());
        registry_
            .counter(metric("p2pextractor_blocks_announced_total"),
                     {kDirectionNames[index(direction)], lower(proto::BlockAnnounced::By_Name(announced.by()))})
            .Increment();
        block_delays_.announced(announced.hash(), direction, time_ns);
        return true;
    }
    case proto::P2pExtractor::EVENT_NOT_SET:
        break;
    }
    return false;
}

void P2pExtractor::observe(const proto::AddressesReceived& addresses)
{
    constexpr std::uint64_t kMostRelayed = 10;
    address_messages_.Increment();
    if (addresses.count() <= kMostRelayed) small_address_messages_.Increment();
    last_addresses_.set(static_cast<double>(addresses.count()));
    for (const auto& entry : addresses.networks())
        addresses_[network_index(entry.network()).value_or(kNetworkNames.size())]->Increment(
            static_cast<double>(entry.count()));
}

void P2pExtractor::observe(const proto::InventoryReceived& inventory)
{
    invs_.Increment();
    last_inv_.set(static_cast<double>(inventory.count()));
    std::uint64_t others = inventory.count();
    for (const auto& entry : inventory.types()) {
        items_[inv_type_index(entry.type())]->Increment(static_cast<double>(entry.count()));
        others -= std::min(others, entry.count());
    }
    items_.back()->Increment(static_cast<double>(others));
}

void P2pExtractor::ended(const proto::NodeConnection& connection, proto::EndReason reason)
{
    const auto direction = direction_of(connection);
    const auto name = proto::EndReason_IsValid(reason) ? lower(proto::EndReason_Name(reason)) : "unknown";
    registry_.counter(metric("p2pextractor_ended_total"), {kDirectionNames[index(direction)], name}).Increment();
    ping_waiting_[index(direction)]->Set(0);
}

void P2pExtractor::flush()
{
    pings_.flush();
    handshakes_.flush();
    block_delays_.flush();
}

} // namespace peer_observer::metrics
