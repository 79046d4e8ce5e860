// The options that select events: the same in every program that prints, records or exports some of them.
#pragma once

#include "libs/events/selection.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <string_view>

namespace peer_observer::app {

/// Adds --select, and --kind, --message-type, --direction, --peer, --address, --network, --as, --pid and --hash. `verb`
/// is what happens to events that are selected, like `print`.
void add_selection_options(boost::program_options::options_description& options, std::string_view verb);

/// Whether one of them is given.
bool has_selection(const boost::program_options::variables_map& values);

/// Each --select is an alternative; the other options together are one. Throws UsageError for a value that there is
/// not, for what selects nothing, and where there is --select and another of the options: which of two meanings that
/// has would not be clear. `find_as` is that of --asmap, or empty.
events::Selection read_selection(const boost::program_options::variables_map& values,
                                 events::Selection::FindAs find_as = {});

} // namespace peer_observer::app
