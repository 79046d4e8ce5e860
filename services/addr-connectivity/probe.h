// Checks what the operator names, one address after the other, and says what happens.
#pragma once

#include "services/addr-connectivity/checker.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace peer_observer::addr_connectivity {

/// Of an address, or of a name, which the system looks up. Throws std::invalid_argument with a sentence that shows
/// `text`.
std::vector<Address> read_target(const std::string& text);

/// Calls `print` with a line for each step: seconds since the check began, and what happened. Returns how many of the
/// addresses answered with a version message of the network. Ends early when `stopping` says so.
std::size_t probe(const std::vector<Address>& addresses, CheckerOptions options, const std::function<bool()>& stopping,
                  const std::function<void(const std::string&)>& print);

} // namespace peer_observer::addr_connectivity
