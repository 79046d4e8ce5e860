// Which addresses may be checked at all.
#pragma once

#include "proto/addr_connectivity.pb.h"
#include "services/addr-connectivity/address.h"

#include <array>
#include <bitset>
#include <optional>
#include <string_view>
#include <vector>

namespace peer_observer::addr_connectivity {

using NotChecked = proto::AnnouncerReachability::NotChecked;

struct PolicyOptions {
    std::array<bool, kNetworkCount> networks{}; ///< which are on
    std::vector<base::IpNetwork> allowed;       ///< in spite of the ranges below
    std::vector<base::IpNetwork> denied;        ///< besides them; stronger than `allowed`
    std::bitset<0x10000> denied_ports;
};

class Policy {
public:
    explicit Policy(PolicyOptions options) : options_{std::move(options)} {}

    /// Why the address must not be checked. Nothing if it may.
    std::optional<NotChecked> refusal(const Address& address) const;

private:
    PolicyOptions options_;
};

/// Adds `22` or `6665-6669` to `ports`, or takes it out of them. Throws std::invalid_argument.
void set_ports(std::bitset<0x10000>& ports, std::string_view text, bool value);

/// Ports of services that somebody could want to have attacked, or that would take a connection for an attack.
std::bitset<0x10000> default_denied_ports();

} // namespace peer_observer::addr_connectivity
