// --asmap and --asmap-names: the same in every tool that tells autonomous systems.
#pragma once

#include "libs/asmap/autonomous_systems.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <memory>

namespace peer_observer::asmap {

void add_options(boost::program_options::options_description& options);

/// Null without --asmap. Throws app::UsageError where there is --asmap-names alone, std::runtime_error that names the
/// file where one cannot be used. Logs what was read, and the first bad lines of the names.
std::shared_ptr<AutonomousSystems> read(const boost::program_options::variables_map& values);

/// For SIGHUP: reads the files again. Where that fails, a warning says so, and the old content stays in use. `systems`
/// may be null.
void reload(AutonomousSystems* systems);

} // namespace peer_observer::asmap
