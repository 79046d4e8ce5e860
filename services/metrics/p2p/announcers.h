// Finds announcements of the sender's own address, or of one in its subnet.
#pragma once

#include "libs/base/ip.h"
#include "proto/p2p.pb.h"
#include "services/metrics/series/direction.h"

#include <deque>
#include <string>
#include <string_view>

namespace peer_observer::metrics {

/// An address that a sender of announcements has.
class Announcer {
public:
    /// `host`: without port, as Bitcoin Core prints it.
    explicit Announcer(std::string_view host);

    enum class Kinship : std::uint8_t { none, subnet, same };
    Kinship kinship(const proto::Address& announced) const;

    const std::string& host() const { return host_; }

private:
    std::string host_;
    std::optional<base::IpBytes> ip_;
};

/// The node's own addresses. No tracepoint tells them; but the peers that the node has connected to tell in their
/// version messages at which address they see it.
class OwnAddresses {
public:
    void learn(const proto::Address& receiver);
    const std::deque<Announcer>& all() const { return addresses_; }

private:
    std::deque<Announcer> addresses_; ///< the latest first; few
};

/// Counts the addresses of addr and addrv2 messages that are akin to the message's sender.
class Announcements {
public:
    explicit Announcements(NodeRegistry& registry);

    /// From `host`, the peer's address without port.
    void observe_inbound(const proto::Addresses& message, std::string_view host);
    /// From the node.
    void observe_outbound(const proto::Addresses& message);

    OwnAddresses& own_addresses() { return own_; }

private:
    static constexpr std::size_t kNetworkCount = 5;
    using ByNetwork = std::array<std::array<Counter*, kNetworkCount>, 2>;

    void count(const proto::Address& address, Announcer::Kinship kinship, Direction direction);

    OwnAddresses own_;
    ByNetwork self_{}; ///< by direction and network
    ByNetwork subnet_{};
};

} // namespace peer_observer::metrics
