// Peers that the operator knows, by the file of --known-peers: they are left out, or carry the operator's name.
#pragma once

#include "libs/base/ip.h"
#include "proto/connection.pb.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace peer_observer::app {

class KnownPeers {
public:
    struct Known {
        std::string name;
        bool is_left_out = false;
    };

    KnownPeers() = default;
    /// Lines of `leave-out WHO NAME` or `mark WHO NAME`; `#` begins a comment. WHO: an address, a network, a host name
    /// (onion, I2P), AS64500, or `agent:TEXT`, which is how a user agent begins, without spaces. The first line that
    /// fits a peer counts. Throws std::invalid_argument that names the line.
    explicit KnownPeers(std::string_view text);

    bool empty() const { return hosts_.empty() && networks_.empty() && agents_.empty(); }
    /// Whether a line asks for the user agent.
    bool has_agents() const { return !agents_.empty(); }
    /// Null for a peer that no line fits. `own_host`: empty where the address does not tell who the peer is.
    /// `user_agent`: empty before the peer's version message.
    const Known* find(std::string_view own_host, std::string_view user_agent) const;
    /// Of a group: an AS, or a network that is part of a known one.
    const Known* find_group(const std::string& group) const;

private:
    struct Entry {
        std::size_t line = 0;
        Known known;
    };

    const Entry* find_host(const std::string& host) const;

    std::unordered_map<std::string, Entry> hosts_; ///< and AS numbers
    std::vector<std::pair<base::IpNetwork, Entry>> networks_;
    std::vector<std::pair<std::string, Entry>> agents_;
};

/// Whether the address is that of a proxy, a gateway or a local network, which any number of peers may share:
/// 127.0.0.1 and ::1 (a daemon of Tor or I2P), private and link-local ranges (Docker's gateway), carriers' NAT. Other
/// addresses of 127.0.0.0/8 are not shared: tests of a real node have their peers there.
bool is_shared_address(std::string_view host);

/// Whether the host identifies the peer. `network`: through which it is connected, UNROUTABLE if that is not known.
bool is_own_host(std::string_view host, bool inbound, proto::Network network);

/// --known-peers FILE. `what` happens to such peers: a clause after "file with peers".
void add_known_peers_option(boost::program_options::options_description& options, std::string_view what);

/// Of that option: a regular file of up to 1 MiB. Empty without it. Throws std::runtime_error that names the file.
KnownPeers read_known_peers(const boost::program_options::variables_map& values);

} // namespace peer_observer::app
