#include "libs/app/options.h"

#include "libs/base/regular_file.h"

#include <boost/program_options.hpp>

#include <cstddef>
#include <sstream>
#include <string_view>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;

// Not in a config file.
po::options_description command_line_options()
{
    po::options_description options;
    auto add = options.add_options();
    add("help,h", "show this text");
    add("version", "show the version");
    add("config", po::value<std::string>()->value_name("FILE"),
        "read options from this file, one per line like `log-level = debug`; the command line takes precedence");
    return options;
}

po::options_description common_options(const std::string& metrics_address)
{
    po::options_description options;
    auto add = options.add_options();
    add("log-level", po::value<std::string>()->default_value("info")->value_name("LEVEL"),
        "trace, debug, info, warning, error or critical");
    add("metrics-address",
        po::value<std::string>()
            ->default_value(metrics_address, metrics_address.empty() ? "off" : metrics_address)
            ->value_name("HOST:PORT"),
        "serve this program's own Prometheus metrics on this address; port 0 picks a free one");
    return options;
}

std::string help(const Service& service)
{
    po::options_description groups; // an empty line before each
    groups.add(service.options).add(common_options(service.metrics_address)).add(command_line_options());
    std::ostringstream text;
    text << "Usage: peer-observer-" << service.name << " [options]";
    if (!service.arguments.empty()) text << ' ' << service.arguments << "...";
    text << "\n\n" << service.description << '\n' << groups;
    text << "\nExample:\n  " << service.example << '\n';
    return text.str();
}

/// Boost's messages have placeholders, and it never ends where what it puts into one contains that placeholder again.
void refuse_placeholders(std::string_view text, const std::string& where = {})
{
    for (const std::string_view placeholder :
         {"%canonical_option%", "%invalid_line%", "%option%", "%original_token%", "%prefix%", "%value%"})
        if (text.find(placeholder) != std::string_view::npos)
            throw UsageError{where + std::string{placeholder} + " cannot be part of an option or its value"};
}

void store_command_line(int argc, const char* const* argv, const po::options_description& options,
                        const std::string& arguments, po::variables_map& values)
{
    // Options only in full: an abbreviation would change its meaning when an option is added.
    constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    for (int i = 1; i < argc; ++i)
        refuse_placeholders(argv[i]);
    po::command_line_parser parser{argc, argv};
    parser.options(options).style(kStyle);
    po::positional_options_description positions;
    if (!arguments.empty()) parser.positional(positions.add(arguments.c_str(), -1));
    const auto parsed = parser.run();
    for (const auto& option : parsed.options)
        if (option.position_key != -1 && arguments.empty())
            throw UsageError{"unexpected argument '" + option.value.front() + "'"};
    po::store(parsed, values);
}

void store_config_file(const std::string& path, const po::options_description& options, po::variables_map& values)
{
    constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
    const auto text = base::read_regular_file(path, kMostBytes);
    if (!text) throw UsageError{"--config " + path + ": " + text.error().reason};
    const std::string where = "in " + path + ": ";
    refuse_placeholders(*text, where);
    std::istringstream lines{*text};
    try {
        po::store(po::parse_config_file(lines, options), values);
    } catch (const po::error& problem) {
        throw UsageError{where + problem.what()};
    }
}

} // namespace

Options parse_options(int argc, const char* const* argv, const Service& service)
{
    po::options_description in_file;
    in_file.add(service.options).add(common_options(service.metrics_address));
    po::options_description everywhere;
    everywhere.add(in_file).add(command_line_options());

    Options options;
    try {
        store_command_line(argc, argv, everywhere, service.arguments, options.values);
        if (options.values.contains("help")) {
            options.answer = help(service);
        } else if (options.values.contains("version")) {
            options.answer = "peer-observer-" + service.name + " " PEER_OBSERVER_VERSION "\n";
        } else {
            if (options.values.contains("config"))
                store_config_file(options.values["config"].as<std::string>(), in_file, options.values);
            po::notify(options.values);
        }
    } catch (const po::error& problem) {
        throw UsageError{problem.what()};
    }
    return options;
}

} // namespace peer_observer::app
