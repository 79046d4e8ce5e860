// The options of a program that prints events: in which format, and which of them.
#pragma once

#include "libs/print/filter.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

namespace peer_observer::print_options {

enum class Format { text, json, protobuf };

/// Adds --format (default: text), --kind, --message-type, --direction and --peer.
void add(boost::program_options::options_description& options);

/// What the user chose. Both throw app::UsageError for a value that there is not.
Format read_format(const boost::program_options::variables_map& values);
print::Filter read_filter(const boost::program_options::variables_map& values);

} // namespace peer_observer::print_options
