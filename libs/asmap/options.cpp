#include "libs/asmap/options.h"

#include "libs/app/app.h"

#include <boost/program_options.hpp>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <string>

namespace peer_observer::asmap {
namespace {

namespace po = boost::program_options;

void log_content(const AutonomousSystems& systems)
{
    const Names& names = systems.names();
    for (const auto& line : names.described())
        spdlog::warn("{}: {}", systems.names_file(), line);
    if (names.bad_lines() > names.described().size())
        spdlog::warn("{}: {} more bad lines", systems.names_file(), names.bad_lines() - names.described().size());
    spdlog::info("autonomous systems from {}, with {} names", systems.asmap_file(), names.size());
}

} // namespace

void add_options(po::options_description& options)
{
    auto add = options.add_options();
    add("asmap", po::value<std::string>()->value_name("FILE"),
        "map addresses to autonomous systems (AS) with this asmap file, in Bitcoin Core's format; read again on "
        "SIGHUP");
    add("asmap-names", po::value<std::string>()->value_name("FILE"),
        "names of autonomous systems, one per line: number, tab, name; read again on SIGHUP");
}

std::shared_ptr<AutonomousSystems> read(const po::variables_map& values)
{
    const auto text = [&](const char* name) { return values.contains(name) ? values[name].as<std::string>() : ""; };
    if (!values.contains("asmap")) {
        if (values.contains("asmap-names")) throw app::UsageError{"--asmap-names needs --asmap"};
        return nullptr;
    }
    auto systems = std::make_shared<AutonomousSystems>(text("asmap"), text("asmap-names"));
    log_content(*systems);
    return systems;
}

void reload(AutonomousSystems* systems)
{
    if (systems == nullptr) return;
    try {
        systems->reload();
        log_content(*systems);
    } catch (const std::runtime_error& error) {
        spdlog::warn("{}; the old asmap stays in use", error.what());
    }
}

} // namespace peer_observer::asmap
