// peer-observer-asmap: prints the autonomous systems of addresses.
#include "libs/app/app.h"
#include "libs/asmap/autonomous_systems.h"
#include "libs/base/ip.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;

constexpr auto kArguments = "asmap-and-addresses";

po::options_description options()
{
    po::options_description own;
    auto add = own.add_options();
    add("names", po::value<std::string>()->value_name("FILE")->default_value("", ""),
        "names of autonomous systems, one per line: number, tab, name");
    add(kArguments, po::value<std::vector<std::string>>()->value_name("FILE ADDRESS...")->default_value({}, ""),
        "an asmap file in Bitcoin Core's format, and IPv4 and IPv6 addresses. Without addresses, they are read from "
        "standard input, one per line");
    return own;
}

/// False, and a line on standard error, for what is not an address.
bool print(const asmap::AutonomousSystems& systems, const std::string& text)
{
    const auto ip = base::parse_ip(text);
    if (!ip) {
        fmt::print(stderr, "peer-observer-asmap: '{}' is no IP address\n", text);
        return false;
    }
    const auto asn = systems.find(*ip);
    fmt::print("{}\t{}\t{}\n", text, asn == 0 ? "-" : fmt::format("AS{}", asn), systems.names().find(asn));
    return true;
}

void run(const po::variables_map& values, app::Context& context)
{
    auto addresses = values[kArguments].as<std::vector<std::string>>();
    if (addresses.empty()) throw app::UsageError{"no asmap file is given (see --help)"};
    const asmap::AutonomousSystems systems{addresses.front(), values["names"].as<std::string>()};
    for (const auto& line : systems.names().described())
        fmt::print(stderr, "peer-observer-asmap: {}: {}\n", systems.names_file(), line);
    addresses.erase(addresses.begin());

    std::size_t refused = 0;
    for (const auto& address : addresses)
        refused += print(systems, address) ? 0 : 1;
    if (addresses.empty())
        for (std::string line; !context.stopping() && std::getline(std::cin, line);)
            refused += print(systems, line) ? 0 : 1;
    if (refused != 0) throw app::IncompleteError{fmt::format("{} of the addresses are no IP addresses", refused)};
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{.name = "asmap",
                               .description =
                                   "Prints the autonomous system of IP addresses, as Bitcoin Core maps them.",
                               .example = "peer-observer-asmap --names as-names.tsv ip_asn.dat 203.0.113.7 2001:db8::1",
                               .options = options(),
                               .arguments = kArguments};
    return app::run(argc, argv, service, run);
}
