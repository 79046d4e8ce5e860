// The command line and the config file.
#pragma once

#include "libs/app/app.h"

#include <optional>
#include <string>

namespace peer_observer::app {

struct Options {
    boost::program_options::variables_map values;
    /// What --help or --version prints; nothing else is to be done then.
    std::optional<std::string> answer;
};

/// Throws UsageError with one line that names the option, and the file if it stands in one.
Options parse_options(int argc, const char* const* argv, const Service& service);

} // namespace peer_observer::app
