// The program's options.
#pragma once

#include "services/p2p-extractor/network.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

namespace peer_observer::p2p_extractor {

boost::program_options::options_description options();

/// `default_node`: of meetings that name none. Throws app::UsageError.
NetworkOptions read_options(const boost::program_options::variables_map& values, const std::string& default_node);

/// Each once, in the order of the alphabet.
std::vector<std::string> nodes_of(const NetworkOptions& options);

} // namespace peer_observer::p2p_extractor
