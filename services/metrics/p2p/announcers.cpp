#include "services/metrics/p2p/announcers.h"

#include "services/metrics/p2p/names.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kMaxOwnAddresses = 8;

constexpr std::size_t kIpNetworks = 2; // of kNetworkNames, those with subnets

/// `192.0.2.` of `192.0.2.1`.
std::string_view ipv4_subnet(std::string_view text) { return text.substr(0, text.rfind('.') + 1); }

} // namespace

Announcer::Announcer(std::string_view host) : host_{host}, ip_{base::parse_ip(host)} {}

Announcer::Kinship Announcer::kinship(const proto::Address& announced) const
{
    const std::string& text = announced.address();
    if (text.empty()) return Kinship::none;
    if (text == host_) return Kinship::same;
    if (!ip_) return Kinship::none;
    if (announced.network() == proto::Address::IPV4)
        return base::is_ipv4(*ip_) && ipv4_subnet(text) == ipv4_subnet(host_) ? Kinship::subnet : Kinship::none;
    if (announced.network() != proto::Address::IPV6 || base::is_ipv4(*ip_)) return Kinship::none;
    const auto ip = base::parse_ip(text);
    return ip && base::subnet_of(*ip) == base::subnet_of(*ip_) ? Kinship::subnet : Kinship::none;
}

void OwnAddresses::learn(const proto::Address& receiver)
{
    const std::string& text = receiver.address();
    if (text.empty() || text == "0.0.0.0" || text == "::") return;
    const auto known = std::ranges::find(addresses_, text, &Announcer::host);
    if (known != addresses_.end()) {
        std::rotate(addresses_.begin(), known, std::next(known));
        return;
    }
    addresses_.emplace_front(text);
    if (addresses_.size() > kMaxOwnAddresses) addresses_.pop_back();
}

Announcements::Announcements(NodeRegistry& registry)
{
    static_assert(kNetworkNames.size() == kNetworkCount);
    for (std::size_t direction = 0; direction < self_.size(); ++direction) {
        for (std::size_t i = 0; i < kNetworkCount; ++i) {
            const NodeRegistry::Values values = {kNetworkNames[i], kDirectionNames[direction]};
            self_[direction][i] = &registry.counter(metric("p2p_address_selfannouncements"), values);
            if (i < kIpNetworks)
                subnet_[direction][i] = &registry.counter(metric("p2p_address_subnetannouncements"), values);
        }
    }
}

void Announcements::observe_inbound(const proto::Addresses& message, std::string_view host)
{
    const Announcer peer{host};
    for (const auto& address : message.addresses())
        count(address, peer.kinship(address), Direction::inbound);
}

void Announcements::observe_outbound(const proto::Addresses& message)
{
    if (own_.all().empty()) return;
    for (const auto& address : message.addresses()) {
        auto closest = Announcer::Kinship::none;
        for (const Announcer& own : own_.all())
            closest = std::max(closest, own.kinship(address));
        count(address, closest, Direction::outbound);
    }
}

void Announcements::count(const proto::Address& address, Announcer::Kinship kinship, Direction direction)
{
    if (kinship == Announcer::Kinship::none) return;
    const auto network = network_index(address.network());
    if (!network) return;
    const ByNetwork& counters = kinship == Announcer::Kinship::same ? self_ : subnet_;
    counters[index(direction)][*network]->Increment();
}

} // namespace peer_observer::metrics
