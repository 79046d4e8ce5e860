#include "libs/app/bad_events.h"
#include "libs/app/testing/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace peer_observer::app {
namespace {

TEST(BadEvents, AreNamedOnceASecondAndAllCounted)
{
    const testing::CapturedLog log;
    BadEvents bad_events;
    const events::Batch batch{.node = "alpha", .publisher_id = 0xab};
    for (std::uint64_t sequence = 5; sequence < 10; ++sequence)
        bad_events.add(batch, {.sequence = sequence, .size = 3, .reason = "it is not valid protobuf"});
    EXPECT_EQ(bad_events.count(), 5U);
    EXPECT_THAT(log.warnings(),
                ::testing::ElementsAre("event 5 of node alpha, publisher 00000000000000ab, is skipped: it is not "
                                       "valid protobuf (3 bytes)"));
}

} // namespace
} // namespace peer_observer::app
