#include "services/metrics/p2p/session.h"

#include "libs/base/ip.h"

#include <limits>
#include <string>

namespace peer_observer::metrics {
namespace {

template <typename T>
constexpr bool fits(std::uint64_t value)
{
    return value <= std::numeric_limits<T>::max();
}

constexpr std::size_t size_class(std::uint64_t nonce)
{
    if (nonce == 0) return 0;
    if (fits<std::uint8_t>(nonce)) return 1;
    if (fits<std::uint16_t>(nonce)) return 2;
    return fits<std::uint32_t>(nonce) ? 3 : 4;
}

/// `192.0.2.0/24`, `2001:db8::/64`; `onion`, `i2p` or `unknown` for a host that has no IP address.
std::string subnet_text(std::string_view host)
{
    if (const auto ip = base::parse_ip(host)) return base::subnet_of(*ip).text();
    if (host.ends_with(".onion")) return "onion";
    if (host.ends_with(".i2p")) return "i2p";
    return "unknown";
}

} // namespace

Session::Session(NodeRegistry& registry)
    : user_agents_{registry, metric("p2p_version_useragent")},
      private_broadcasts_{registry.counter(metric("conn_private_transaction_broadcast"))},
      ping_values_{&registry.counter(metric("p2p_ping_inbound_value"), {"0"}),
                   &registry.counter(metric("p2p_ping_inbound_value"), {"u8"}),
                   &registry.counter(metric("p2p_ping_inbound_value"), {"u16"}),
                   &registry.counter(metric("p2p_ping_inbound_value"), {"u32"}),
                   &registry.counter(metric("p2p_ping_inbound_value"), {"u64"})},
      old_pings_{registry, metric("p2p_oldping_subnet")},
      fee_rates_{registry, metric("p2p_feefilter_feerate"), 2,
                 [](std::size_t i) {
                     return BoundedCounters::Series{metric("p2p_feefilter_feerate"), {kDirectionNames.at(i)}};
                 }},
      rejects_{registry, metric("p2p_reject_message")}
{}

void Session::observe_version(const proto::Version& version)
{
    // Core's PeerManagerImpl::PushNodeVersion (net_processing.cpp), for private broadcasts only.
    constexpr std::string_view kPrivateBroadcast = "/pynode:0.0.1/";
    user_agents_.increment(version.user_agent());
    if (version.user_agent() == kPrivateBroadcast) private_broadcasts_.Increment();
}

void Session::observe_ping(const proto::Ping& ping, std::string_view host)
{
    if (ping.has_nonce()) {
        ping_values_[size_class(ping.nonce())]->Increment();
    } else {
        old_pings_.increment(subnet_text(host));
    }
}

void Session::observe_feefilter(const proto::FeeFilter& feefilter, Direction direction)
{
    fee_rates_.at(std::to_string(feefilter.fee_rate_sat_per_kvb()))[index(direction)].Increment();
}

} // namespace peer_observer::metrics
