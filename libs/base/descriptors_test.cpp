#include "libs/base/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace peer_observer::base {
namespace {

TEST(Descriptors, RaisesTheSoftLimitAsFarAsTheHardOneLetsIt)
{
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    if (before.rlim_max < 200) GTEST_SKIP() << "the hard limit is too low";
    const rlimit low{.rlim_cur = 100, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    EXPECT_EQ(raise_descriptor_limit(50), 100U);
    EXPECT_EQ(raise_descriptor_limit(200), 200U);
    EXPECT_EQ(raise_descriptor_limit(before.rlim_max + 1), before.rlim_max);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

} // namespace
} // namespace peer_observer::base
