// Whether what is printed has colours.
#pragma once

namespace peer_observer::app {

/// Whether this file descriptor is a terminal, and NO_COLOR not set or empty (https://no-color.org).
bool wants_colour(int fd);

} // namespace peer_observer::app
