#include "libs/p2p/options.h"

#include "libs/app/app.h"
#include "libs/base/hex.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace peer_observer::p2p {

namespace po = boost::program_options;
using app::UsageError;

void add_chain_options(po::options_description& options)
{
    auto add = options.add_options();
    add("chain", po::value<std::string>()->value_name("CHAIN")->default_value("main"),
        "main, test, testnet4, signet or regtest");
    add("signet-challenge", po::value<std::string>()->value_name("HEX"), "challenge of a custom signet");
}

const Chain& read_chain(const po::variables_map& values)
{
    const auto& name = values["chain"].as<std::string>();
    const auto* const chain = std::ranges::find(kChains, name, &Chain::name);
    if (chain == kChains.end())
        throw UsageError{fmt::format("--chain takes main, test, testnet4, signet or regtest, not '{}'", name)};
    return *chain;
}

Magic read_magic(const po::variables_map& values)
{
    const auto& chain = read_chain(values);
    if (!values.contains("signet-challenge")) return chain.magic;
    if (chain.name != "signet") throw UsageError{"--signet-challenge is for --chain signet"};
    const auto challenge = base::from_hex(values["signet-challenge"].as<std::string>());
    if (!challenge || challenge->empty()) throw UsageError{"--signet-challenge: not hex"};
    return signet_magic(*challenge);
}

} // namespace peer_observer::p2p
