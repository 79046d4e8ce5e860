#include "libs/app/colour.h"

#include <unistd.h>

#include <cstdlib>

namespace peer_observer::app {

bool wants_colour(int fd)
{
    const char* no_color = std::getenv("NO_COLOR");
    return isatty(fd) == 1 && (no_color == nullptr || *no_color == '\0');
}

} // namespace peer_observer::app
