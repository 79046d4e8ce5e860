#include "libs/app/selection_options.h"

#include "libs/app/app.h"
#include "libs/app/option_values.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;
using Counts = std::vector<Count>;

constexpr std::array kConditions = {"kind",    "message-type", "direction", "peer", "address",
                                    "network", "as",           "pid",       "hash"};

Strings read_texts(const po::variables_map& values, const std::string& option)
{
    return values.contains(option) ? values[option].as<Strings>() : Strings{};
}

/// From 1 to 2^32-1.
std::vector<std::uint32_t> read_numbers(const po::variables_map& values, const std::string& option, const char* what)
{
    std::vector<std::uint32_t> numbers;
    if (!values.contains(option)) return numbers;
    for (const auto& number : values[option].as<Counts>()) {
        if (number.value == 0 || number.value > std::numeric_limits<std::uint32_t>::max())
            throw UsageError{"--" + option + ": " + std::to_string(number.value) + " is no " + what};
        numbers.push_back(static_cast<std::uint32_t>(number.value));
    }
    return numbers;
}

events::Conjunction read_conditions(const po::variables_map& values)
{
    events::Conjunction conditions{.kinds = read_texts(values, "kind"),
                                   .message_types = read_texts(values, "message-type"),
                                   .addresses = read_texts(values, "address"),
                                   .pids = read_numbers(values, "pid", "id of a process"),
                                   .ases = read_numbers(values, "as", "number of an autonomous system"),
                                   .networks = read_texts(values, "network"),
                                   .hashes = read_texts(values, "hash")};
    if (values.contains("direction")) conditions.directions = {values["direction"].as<std::string>()};
    if (values.contains("peer")) conditions.peers = values["peer"].as<Numbers>();
    return conditions;
}

std::vector<events::Conjunction> read_alternatives(const po::variables_map& values)
{
    std::vector<events::Conjunction> alternatives;
    for (const auto& text : read_texts(values, "select")) {
        auto alternative = events::parse_conjunction(text);
        if (!alternative) throw UsageError{"--select: " + alternative.error()};
        alternatives.push_back(*std::move(alternative));
    }
    const auto* condition = std::ranges::find_if(kConditions, [&](auto option) { return values.contains(option); });
    if (condition == kConditions.end()) return alternatives;
    if (!alternatives.empty())
        throw UsageError{std::string{"--select and --"} + *condition +
                         ": give one or the other; what the options say, --select says as KEY=VALUE"};
    return {read_conditions(values)};
}

} // namespace

void add_selection_options(po::options_description& options, std::string_view verb)
{
    const auto only = std::string{verb} + " only ";
    const auto describe = [&](const char* name, const auto* value, const std::string& text) {
        options.add_options()(name, value, (only + text).c_str());
    };
    describe("select", po::value<Strings>()->value_name("TERMS"), events::kSelectionHelp);
    describe(
        "kind", po::value<Strings>()->value_name("KIND"),
        "events of this kind, such as mempool or mempool.rejected; may be repeated. This and the options below are "
        "for a single selection: an event must fit one value of each that is given");
    describe("message-type", po::value<Strings>()->value_name("TYPE"),
             "P2P messages of this type, such as inv; may be repeated");
    describe("direction", po::value<std::string>()->value_name("DIRECTION"),
             "inbound, or only outbound, messages and new connections");
    describe("peer", po::value<Numbers>()->value_name("ID"),
             "events of this peer; may be repeated. A node numbers its peers from 0 each time it starts");
    describe("address", po::value<Strings>()->value_name("ADDRESS"),
             "events of the peer at this address, such as 192.0.2.1 or 192.0.2.1:8333; may be repeated");
    describe("network", po::value<Strings>()->value_name("NETWORK"),
             "events of peers that are connected through this network: ipv4, ipv6, onion, i2p, cjdns, unroutable or "
             "internal; may be repeated. Of peers that connected to the node through Tor or I2P, these are the "
             "connection events: their other events have a local address");
    describe("as", po::value<Counts>()->value_name("NUMBER"),
             "events of peers in this autonomous system, according to --asmap; may be repeated");
    describe("pid", po::value<Counts>()->value_name("PID"), "events of this node process; may be repeated");
    describe(
        "hash", po::value<Strings>()->value_name("HASH"),
        "events with this txid, wtxid or block hash in any field, in hex as bitcoin-cli shows it; may be repeated");
}

bool has_selection(const po::variables_map& values)
{
    return values.contains("select") ||
           std::ranges::any_of(kConditions, [&](auto option) { return values.contains(option); });
}

events::Selection read_selection(const po::variables_map& values, events::Selection::FindAs find_as)
{
    try {
        return events::Selection{read_alternatives(values), std::move(find_as)};
    } catch (const std::invalid_argument& error) {
        throw UsageError{error.what()};
    }
}

} // namespace peer_observer::app
