#include "libs/bus/frame.h"
#include "libs/events/testing/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::bus {
namespace {

using events::testing::good_batch;
using ::testing::HasSubstr;

std::string frame_of(const std::string& node) { return frame_start(node) + good_batch().SerializeAsString(); }

std::string error_of(std::string_view frame)
{
    const auto parsed = parse_frame(frame);
    return parsed ? "none" : parsed.error();
}

TEST(Frame, PutsATopicInFrontOfABatch)
{
    std::string batch;
    events::begin_batch(batch, "alice", 7, 5);
    std::string frame{"left over"};
    begin_frame(frame, "alice", 7, 5);
    EXPECT_EQ(frame, (std::string{"peer-observer/1/alice\0", 22} + batch));
}

TEST(Frame, ReadsTheBatchBehindTheTopic)
{
    const std::string bytes = frame_of("alice");
    const auto batch = parse_frame(bytes);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_EQ(batch->node, "alice");
    EXPECT_EQ(batch->first_sequence, 5U);
    EXPECT_EQ(batch->event_count, 2U);
    EXPECT_EQ(batch->bytes, good_batch().SerializeAsString());
}

TEST(Frame, SaysWhatIsWrong)
{
    EXPECT_THAT(error_of(""), HasSubstr("topic is not ours"));
    EXPECT_THAT(error_of("peer-observer/2/alice"), HasSubstr("topic is not ours"));
    EXPECT_THAT(error_of("peer-observer/1/alice"), HasSubstr("topic has no end"));
    EXPECT_THAT(error_of(frame_of("")), HasSubstr("no valid node"));
    EXPECT_THAT(error_of(frame_of("al ice")), HasSubstr("no valid node"));
    EXPECT_THAT(error_of(frame_of(std::string(65, 'a'))), HasSubstr("no valid node"));
    EXPECT_THAT(error_of(frame_of("bob")), HasSubstr("another node"));
    EXPECT_THAT(error_of(frame_start("alice")), HasSubstr("schema version 0"));
    EXPECT_THAT(error_of(frame_of("alice") + "\x2A\xFF\xFF\xFF\xFF\x0F"), HasSubstr("not valid protobuf"));
}

TEST(Frame, IsNeverReadBeyondItsEnd)
{
    const std::string whole = frame_of("alice");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string part = whole.substr(0, size); // a copy: a sanitizer sees reads beyond its end
        const auto batch = parse_frame(part);
        EXPECT_LE(batch ? batch->event_count : 0, 2U);
    }
}

} // namespace
} // namespace peer_observer::bus
