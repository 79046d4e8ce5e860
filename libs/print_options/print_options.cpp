#include "libs/print_options/print_options.h"

#include "libs/app/app.h"

#include <boost/program_options.hpp>

#include <stdexcept>

namespace peer_observer::print_options {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

void add(po::options_description& options)
{
    auto add = options.add_options();
    add("format", po::value<std::string>()->value_name("FORMAT")->default_value("text"),
        "text (short, for people), json (everything, an object a line) or protobuf (EventBatch, each behind its length "
        "as a varint)");
    add("kind", po::value<Strings>()->value_name("KIND"),
        "print this kind of event only, like mempool or mempool.rejected; may be repeated");
    add("message-type", po::value<Strings>()->value_name("TYPE"),
        "print only P2P messages of this type, like inv; may be repeated");
    add("direction", po::value<std::string>()->value_name("DIRECTION"),
        "print only messages and new connections that are inbound, or that are outbound");
    add("peer", po::value<Numbers>()->value_name("ID"),
        "print only what this peer of the node has to do with; may be repeated");
}

Format read_format(const po::variables_map& values)
{
    const auto& format = values["format"].as<std::string>();
    if (format == "text") return Format::text;
    if (format == "json") return Format::json;
    if (format == "protobuf") return Format::protobuf;
    throw app::UsageError{"--format takes text, json or protobuf, not '" + format + "'"};
}

print::Filter read_filter(const po::variables_map& values)
{
    print::FilterOptions options;
    if (values.contains("kind")) options.kinds = values["kind"].as<Strings>();
    if (values.contains("message-type")) options.message_types = values["message-type"].as<Strings>();
    if (values.contains("direction")) options.direction = values["direction"].as<std::string>();
    if (values.contains("peer")) options.peers = values["peer"].as<Numbers>();
    try {
        return print::Filter{std::move(options)};
    } catch (const std::invalid_argument& error) {
        throw app::UsageError{error.what()};
    }
}

} // namespace peer_observer::print_options
