// --chain and --signet-challenge: the same in every service that speaks to nodes.
#pragma once

#include "libs/p2p/chain.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

namespace peer_observer::p2p {

void add_chain_options(boost::program_options::options_description& options);

/// Throws app::UsageError.
const Chain& read_chain(const boost::program_options::variables_map& values);

/// The chain's, or that of the signet with the challenge. Throws app::UsageError.
Magic read_magic(const boost::program_options::variables_map& values);

} // namespace peer_observer::p2p
