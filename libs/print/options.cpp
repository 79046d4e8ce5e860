#include "libs/print/options.h"

#include "libs/app/app.h"
#include "libs/app/option_values.h"
#include "libs/asmap/options.h"

#include <boost/program_options.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace peer_observer::print {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;
using Counts = std::vector<app::Count>;

void add_options(po::options_description& options)
{
    auto add = options.add_options();
    add("count", po::value<app::Count>()->value_name("N"), "exit after printing N events");
    add("format", po::value<std::string>()->value_name("FORMAT")->default_value("text"),
        "text (short, for people), json (all fields, one object per line) or protobuf (EventBatch messages, each "
        "preceded by its length as a varint)");
    add("kind", po::value<Strings>()->value_name("KIND"),
        "print only events of this kind, such as mempool or mempool.rejected; may be repeated");
    add("message-type", po::value<Strings>()->value_name("TYPE"),
        "print only P2P messages of this type, such as inv; may be repeated");
    add("direction", po::value<std::string>()->value_name("DIRECTION"),
        "print only inbound, or only outbound, messages and new connections");
    add("peer", po::value<Numbers>()->value_name("ID"),
        "print only events of this peer; may be repeated. A node numbers its peers from 0 each time it starts");
    add("address", po::value<Strings>()->value_name("ADDRESS"),
        "print only events of the peer at this address, such as 192.0.2.1 or 192.0.2.1:8333; may be repeated");
    add("as", po::value<Counts>()->value_name("NUMBER"),
        "print only events of peers in this autonomous system, according to --asmap; may be repeated");
    add("pid", po::value<Counts>()->value_name("PID"), "print only events of this node process; may be repeated");
    asmap::add_options(options);
}

Format read_format(const po::variables_map& values)
{
    const auto& format = values["format"].as<std::string>();
    if (format == "text") return Format::text;
    if (format == "json") return Format::json;
    if (format == "protobuf") return Format::protobuf;
    throw app::UsageError{"--format takes text, json or protobuf, not '" + format + "'"};
}

namespace {

/// From 1 to 2^32-1.
std::vector<std::uint32_t> read_numbers(const po::variables_map& values, const std::string& option, const char* what)
{
    std::vector<std::uint32_t> numbers;
    if (!values.contains(option)) return numbers;
    for (const auto& number : values[option].as<Counts>()) {
        if (number.value == 0 || number.value > std::numeric_limits<std::uint32_t>::max())
            throw app::UsageError{"--" + option + ": " + std::to_string(number.value) + " is no " + what};
        numbers.push_back(static_cast<std::uint32_t>(number.value));
    }
    return numbers;
}

} // namespace

Filter read_filter(const po::variables_map& values, std::shared_ptr<const asmap::AutonomousSystems> systems)
{
    FilterOptions options;
    if (values.contains("kind")) options.kinds = values["kind"].as<Strings>();
    if (values.contains("message-type")) options.message_types = values["message-type"].as<Strings>();
    if (values.contains("direction")) options.direction = values["direction"].as<std::string>();
    if (values.contains("peer")) options.peers = values["peer"].as<Numbers>();
    if (values.contains("address")) options.addresses = values["address"].as<Strings>();
    options.pids = read_numbers(values, "pid", "id of a process");
    options.ases = read_numbers(values, "as", "number of an autonomous system");
    options.systems = std::move(systems);
    try {
        return Filter{std::move(options)};
    } catch (const std::invalid_argument& error) {
        throw app::UsageError{error.what()};
    }
}

std::uint64_t read_count(const po::variables_map& values)
{
    if (!values.contains("count")) return kUnlimited;
    const auto count = values["count"].as<app::Count>().value;
    if (count == 0) throw app::UsageError{"--count 0 would print nothing: give 1 or more"};
    return count;
}

} // namespace peer_observer::print
