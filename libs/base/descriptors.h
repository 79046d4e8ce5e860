// How many file descriptors this process may have.
#pragma once

#include <cstddef>

namespace peer_observer::base {

/// Raises the soft limit to `wanted` if it is lower, as far as the hard limit lets it. Returns the limit that holds
/// then.
std::size_t raise_descriptor_limit(std::size_t wanted);

} // namespace peer_observer::base
