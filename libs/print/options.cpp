#include "libs/print/options.h"

#include "libs/app/app.h"
#include "libs/app/option_values.h"
#include "libs/app/selection_options.h"
#include "libs/asmap/options.h"

#include <boost/program_options.hpp>

#include <string>
#include <utility>

namespace peer_observer::print {

namespace po = boost::program_options;

void add_options(po::options_description& options)
{
    auto add = options.add_options();
    add("count", po::value<app::Count>()->value_name("N"), "exit after printing N events");
    add("format", po::value<std::string>()->value_name("FORMAT")->default_value("text"),
        "text (short, for people), json (all fields, one object per line) or protobuf (EventBatch messages, each "
        "preceded by its length as a varint)");
    app::add_selection_options(options, "print");
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

events::Selection read_selection(const po::variables_map& values,
                                 std::shared_ptr<const asmap::AutonomousSystems> systems)
{
    return app::read_selection(values, asmap::finder(std::move(systems)));
}

std::uint64_t read_count(const po::variables_map& values)
{
    if (!values.contains("count")) return kUnlimited;
    const auto count = values["count"].as<app::Count>().value;
    if (count == 0) throw app::UsageError{"--count 0 would print nothing: give 1 or more"};
    return count;
}

} // namespace peer_observer::print
