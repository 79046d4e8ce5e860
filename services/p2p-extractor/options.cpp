#include "services/p2p-extractor/options.h"

#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/option_values.h"
#include "libs/events/batch.h"
#include "libs/p2p/options.h"
#include "libs/p2p/transport.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace peer_observer::p2p_extractor {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;
using app::Seconds;
using app::UsageError;
using Strings = std::vector<std::string>;

constexpr auto kDefaultListen = "tcp://127.0.0.1:9338";
/// Core's MAX_SUBVERSION_LENGTH.
constexpr std::size_t kMostAgentBytes = 256;

auto meetings() { return po::value<Strings>()->value_name("[NODE=]HOST:PORT")->default_value({}, ""); }

auto seconds(std::chrono::seconds value)
{
    return po::value<Seconds>()->default_value(Seconds{value}, std::to_string(value.count()));
}

std::vector<Meeting> read_meetings(const po::variables_map& values, const std::string& option,
                                   const std::string& default_node)
{
    std::vector<Meeting> meetings;
    for (const auto& text : values[option].as<Strings>()) {
        const auto equals = text.find('=');
        const auto node = equals == text.npos ? default_node : text.substr(0, equals);
        if (!events::is_node_name(node))
            throw UsageError{fmt::format("--{}: '{}' does not begin with a node's name: 1 to 64 characters of "
                                         "[A-Za-z0-9._-]",
                                         option, text)};
        const auto address = base::parse_host_port(std::string_view{text}.substr(equals == text.npos ? 0 : equals + 1));
        if (!address) throw UsageError{fmt::format("--{}: {}", option, address.error())};
        meetings.push_back({node, *address});
    }
    return meetings;
}

std::chrono::nanoseconds read_seconds(const po::variables_map& values, const char* option)
{
    return values[option].as<Seconds>().value;
}

} // namespace

po::options_description options()
{
    po::options_description own{"The node"};
    auto add = own.add_options();
    add("connect", meetings(), "connect to the node at this address, as an inbound peer of it; repeatable");
    add("accept", meetings(),
        "listen on this address for the node to connect (addnode=HOST:PORT in its bitcoin.conf); repeatable");
    add("transport", po::value<std::string>()->value_name("v1|v2")->default_value("v1"),
        "v2: connect encrypted (BIP324), and accept what the node connects with, v2 or v1; needs a build with "
        "libsecp256k1");
    p2p::add_chain_options(own);
    add("user-agent",
        po::value<std::string>()->value_name("TEXT")->default_value(
            "/peer-observer-p2p-extractor:" PEER_OBSERVER_VERSION "/"),
        "user agent to send; at most 256 bytes");
    add("ping-interval", seconds(10s), "seconds between two pings");
    add("ping-timeout", seconds(1200s), "seconds after which a node that does not answer a ping is disconnected");
    add("handshake-timeout", seconds(60s), "seconds to wait for the handshake");
    add("connect-timeout", seconds(10s), "seconds to wait for the TCP connection");
    add("retry", seconds(60s), "maximum seconds between two attempts to connect; the first pauses are shorter");
    own.add(app::publisher_options(kDefaultListen));
    return own;
}

NetworkOptions read_options(const po::variables_map& values, const std::string& default_node)
{
    NetworkOptions options;
    options.connect = read_meetings(values, "connect", default_node);
    options.accept = read_meetings(values, "accept", default_node);
    if (options.connect.empty() && options.accept.empty()) throw UsageError{"--connect or --accept is needed"};
    options.session.magic = p2p::read_magic(values);
    const auto& transport = values["transport"].as<std::string>();
    if (transport != "v1" && transport != "v2") throw UsageError{"--transport must be v1 or v2"};
    options.session.v2 = transport == "v2";
    if (options.session.v2 && !p2p::has_v2_transport())
        throw UsageError{"--transport v2: this program was built without libsecp256k1 with ElligatorSwift"};
    options.session.user_agent = values["user-agent"].as<std::string>();
    if (options.session.user_agent.size() > kMostAgentBytes)
        throw UsageError{fmt::format("--user-agent: more than {} bytes", kMostAgentBytes)};
    options.session.ping_interval = read_seconds(values, "ping-interval");
    options.session.ping_timeout = read_seconds(values, "ping-timeout");
    options.session.handshake_timeout = read_seconds(values, "handshake-timeout");
    options.times = {read_seconds(values, "connect-timeout"), read_seconds(values, "retry")};
    return options;
}

std::vector<std::string> nodes_of(const NetworkOptions& options)
{
    std::set<std::string> nodes;
    for (const auto* meetings : {&options.connect, &options.accept})
        for (const auto& meeting : *meetings)
            nodes.insert(meeting.node);
    return {nodes.begin(), nodes.end()};
}

} // namespace peer_observer::p2p_extractor
