#include "libs/app/colour.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace peer_observer::app {
namespace {

TEST(Colour, IsForATerminalWhoseUserDoesNotRefuseIt)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0) GTEST_SKIP() << "no pseudoterminals here";
    const int file = open("/dev/null", O_WRONLY);
    unsetenv("NO_COLOR");
    EXPECT_TRUE(wants_colour(terminal));
    EXPECT_FALSE(wants_colour(file));
    setenv("NO_COLOR", "", 1);
    EXPECT_TRUE(wants_colour(terminal));
    setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(wants_colour(terminal));
    unsetenv("NO_COLOR");
    close(file);
    close(terminal);
}

} // namespace
} // namespace peer_observer::app
