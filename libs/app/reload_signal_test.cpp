#include "libs/app/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace peer_observer::app {
namespace {

TEST(ReloadSignal, IsTakenOnce)
{
    ReloadSignal reload;
    EXPECT_FALSE(reload.take());
    raise(SIGHUP);
    EXPECT_TRUE(reload.take());
    EXPECT_FALSE(reload.take());
}

TEST(ReloadSignal, EndsTheProcessWhereNobodyWantsIt)
{
    {
        const ReloadSignal reload;
    }
    EXPECT_EXIT(raise(SIGHUP), ::testing::KilledBySignal(SIGHUP), "");
}

} // namespace
} // namespace peer_observer::app
