// The options of a verb as they were given.
#pragma once

#include <boost/program_options/variables_map.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::archive_reader {

/// Name and value of each that is not a default, in the order of the names, without those in `except`. The texts of an
/// option that is repeated are one value, with commas between them, but for --select, which has commas in it.
std::vector<std::pair<std::string, std::string>> given_options(const boost::program_options::variables_map& values,
                                                               const std::vector<std::string_view>& except);

} // namespace peer_observer::archive_reader
