#include "libs/app/known_peers.h"

#include "libs/base/regular_file.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr std::string_view kAgent = "agent:";
constexpr std::string_view kBlank = " \t\r";

/// The next word, of which `line` is rid then.
std::string_view next_word(std::string_view& line)
{
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    const auto word = line.substr(0, line.find_first_of(kBlank));
    line.remove_prefix(word.size());
    return word;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Of addresses that any number of hosts have.
bool is_shared(const base::IpBytes& ip)
{
    // RFC 1122 (0/8), 1918, 6598 (carriers' NAT), 3927 and 4862 (link-local), 4193.
    static const auto kShared = [] {
        std::array networks = {"0.0.0.0/8",     "10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",
                               "100.64.0.0/10", "169.254.0.0/16", "fe80::/10",     "fc00::/7"};
        std::vector<base::IpNetwork> parsed;
        parsed.reserve(networks.size());
        for (const auto* network : networks)
            parsed.push_back(*base::IpNetwork::parse(network));
        return parsed;
    }();
    return std::ranges::any_of(kShared, [&](const base::IpNetwork& network) { return network.contains(ip); });
}

KnownPeers read_file(const std::string& path)
try {
    const auto text = base::read_regular_file(path, kMostBytes);
    if (!text) throw std::runtime_error{text.error().reason};
    return KnownPeers{*text};
} catch (const std::exception& error) {
    throw std::runtime_error{fmt::format("{}: {}", path, error.what())};
}

} // namespace

bool is_shared_address(std::string_view host)
{
    if (host == "127.0.0.1" || host == "::1") return true;
    const auto ip = base::parse_ip(host);
    return ip && is_shared(*ip);
}

bool is_own_host(std::string_view host, bool inbound, proto::Network network)
{
    if (inbound && (network == proto::ONION || network == proto::I2P)) return false; // the address is the daemon's
    if (network == proto::CJDNS) return true; // it has addresses of its own in fc00::/8
    return !is_shared_address(host);
}

KnownPeers::KnownPeers(std::string_view text)
{
    std::size_t number = 0;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        ++number;
        const auto fail = [&](const char* why) {
            throw std::invalid_argument{fmt::format("line {}: {}", number, why)};
        };
        const auto action = next_word(line);
        if (action.empty() || action.starts_with('#')) continue;
        if (action != "leave-out" && action != "mark") fail("it begins with neither `leave-out` nor `mark`");
        const auto who = next_word(line);
        const auto name = trimmed(line);
        if (who.empty() || name.empty()) fail("it is not `leave-out WHO NAME` or `mark WHO NAME`");
        Entry entry{number, {std::string{name}, action == "leave-out"}};
        if (who.starts_with(kAgent)) {
            if (who.size() == kAgent.size()) fail("`agent:` lacks the beginning of a user agent");
            agents_.emplace_back(who.substr(kAgent.size()), std::move(entry));
        } else if (who.contains('/')) {
            const auto network = base::IpNetwork::parse(who);
            if (!network) fail("it names no network");
            networks_.emplace_back(*network, std::move(entry));
        } else {
            const auto ip = base::parse_ip(who);
            hosts_.try_emplace(ip ? base::ip_text(*ip) : std::string{who}, std::move(entry));
        }
    }
}

const KnownPeers::Entry* KnownPeers::find_host(const std::string& host) const
{
    const Entry* found = nullptr;
    if (const auto entry = hosts_.find(host); entry != hosts_.end()) found = &entry->second;
    const auto ip = base::parse_ip(host);
    if (!ip) return found;
    for (const auto& [network, entry] : networks_) {
        if (found != nullptr && found->line < entry.line) break;
        if (network.contains(*ip)) return &entry;
    }
    return found;
}

const KnownPeers::Known* KnownPeers::find(std::string_view own_host, std::string_view user_agent) const
{
    if (empty()) return nullptr;
    const Entry* found = own_host.empty() ? nullptr : find_host(std::string{own_host});
    for (const auto& [agent, entry] : agents_) {
        if (found != nullptr && found->line < entry.line) break;
        if (user_agent.starts_with(agent)) return &entry.known;
    }
    return found == nullptr ? nullptr : &found->known;
}

const KnownPeers::Known* KnownPeers::find_group(const std::string& group) const
{
    if (empty()) return nullptr;
    if (const auto entry = hosts_.find(group); entry != hosts_.end()) return &entry->second.known;
    const auto wanted = base::IpNetwork::parse(group);
    if (!wanted) return nullptr;
    for (const auto& [network, entry] : networks_)
        if (network.contains(wanted->first()) && network.contains(wanted->last())) return &entry.known;
    return nullptr;
}

void add_known_peers_option(po::options_description& options, std::string_view what)
{
    const auto text = fmt::format(
        "file with peers {}: lines of `leave-out WHO NAME` or `mark WHO NAME`, where WHO is an address, a network, an "
        "AS, or agent:TEXT; read again on SIGHUP",
        what);
    options.add_options()("known-peers", po::value<std::string>()->value_name("FILE"), text.c_str());
}

KnownPeers read_known_peers(const po::variables_map& values)
{
    return values.contains("known-peers") ? read_file(values["known-peers"].as<std::string>()) : KnownPeers{};
}

} // namespace peer_observer::app
