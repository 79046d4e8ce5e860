// Which autonomous system an address belongs to, by the operator's asmap file, as Bitcoin Core would say it.
#pragma once

#include "libs/asmap/asmap.h"
#include "libs/asmap/names.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace peer_observer::asmap {

/// By NetGroupManager::GetMappedAS (netgroup.cpp): an IPv6 address that carries an IPv4 address (mapped, SIIT, NAT64's
/// well-known prefix, 6to4, Teredo) belongs to the AS of that one. 0 for what is not mapped, and for what Core does not
/// look up: addresses that are not routable.
std::uint32_t find_as(const Asmap& asmap, const base::IpBytes& ip);

class AutonomousSystems {
public:
    /// Knows none.
    AutonomousSystems() = default;
    /// Reads the files; `names_file` may be empty. Throws std::runtime_error that names the file and what is wrong with
    /// it. Bad lines of the names are left out; see names().
    AutonomousSystems(std::string asmap_file, std::string names_file);

    /// Reads the files again. When it throws, as the constructor does, what was known before stays.
    void reload();

    /// Whether there is an asmap.
    bool are_known() const { return !asmap_.empty(); }
    std::uint32_t find(const base::IpBytes& ip) const { return find_as(asmap_, ip); }
    /// 0 also for text that is not an IP address: `host` of a Tor, I2P or CJDNS peer.
    std::uint32_t find(std::string_view host) const;
    const Names& names() const { return names_; }
    const std::string& asmap_file() const { return asmap_file_; }
    const std::string& names_file() const { return names_file_; }

private:
    std::string asmap_file_;
    std::string names_file_;
    Asmap asmap_;
    Names names_;
};

/// What finds the autonomous system of a host, or nothing where `systems` is null.
std::function<std::uint32_t(std::string_view host)> finder(std::shared_ptr<const AutonomousSystems> systems);

} // namespace peer_observer::asmap
