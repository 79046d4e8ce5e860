// The options of a program that prints events: in which format, and which of them.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/events/selection.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstdint>
#include <limits>
#include <memory>

namespace peer_observer::print {

enum class Format { text, json, protobuf };

inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// Adds --format (default: text), --count, those of app::add_selection_options(), --asmap and --asmap-names.
void add_options(boost::program_options::options_description& options);

/// What the user chose. All throw app::UsageError for a value that there is not, or that selects nothing.
Format read_format(const boost::program_options::variables_map& values);
/// `systems` are those of --asmap, and may be null.
events::Selection read_selection(const boost::program_options::variables_map& values,
                                 std::shared_ptr<const asmap::AutonomousSystems> systems);
/// kUnlimited where none is given.
std::uint64_t read_count(const boost::program_options::variables_map& values);

} // namespace peer_observer::print
