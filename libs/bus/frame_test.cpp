#include "libs/bus/frame.h"

#include "proto/event.pb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace peer_observer::bus {
namespace {

using ::testing::HasSubstr;

std::string frame_of(const proto::EventBatch& batch, const std::string& node = "alice")
{
    return frame_start(node) + batch.SerializeAsString();
}

proto::EventBatch good_batch()
{
    proto::EventBatch batch;
    batch.set_schema_version(kSchemaVersion);
    batch.set_node("alice");
    batch.set_publisher_id(1);
    batch.set_first_sequence(5);
    batch.add_events()->set_timestamp_ns(2);
    batch.add_events();
    return batch;
}

std::string error_of(std::string_view frame)
{
    const auto parsed = parse_frame(frame);
    return parsed ? "none" : parsed.error();
}

TEST(Frame, IsReadByTheGeneratedClasses)
{
    proto::Event event;
    event.set_timestamp_ns(3);
    std::string frame{"left over"};
    begin_frame(frame, "alice", 0xFEDCBA9876543210U, 1ULL << 40U);
    append_event(frame, event.SerializeAsString());
    append_event(frame, "");
    const std::string start{"peer-observer/1/alice\0", 22};
    ASSERT_TRUE(frame.starts_with(start));

    proto::EventBatch batch;
    ASSERT_TRUE(batch.ParseFromString(frame.substr(start.size())));
    EXPECT_EQ(batch.schema_version(), 1U);
    EXPECT_EQ(batch.node(), "alice");
    EXPECT_EQ(batch.publisher_id(), 0xFEDCBA9876543210U);
    EXPECT_EQ(batch.first_sequence(), 1ULL << 40U);
    ASSERT_EQ(batch.events_size(), 2);
    EXPECT_EQ(batch.events(0).timestamp_ns(), 3U);
}

TEST(Frame, OfTheGeneratedClassesIsRead)
{
    const std::string bytes = frame_of(good_batch());
    const auto frame = parse_frame(bytes);
    ASSERT_TRUE(frame) << frame.error();
    EXPECT_EQ(frame->node, "alice");
    EXPECT_EQ(frame->publisher_id, 1U);
    EXPECT_EQ(frame->first_sequence, 5U);
    EXPECT_EQ(frame->event_count, 2U);
    EXPECT_EQ(frame->bytes, good_batch().SerializeAsString());
}

TEST(Frame, FieldsOfLaterVersionsArePassedOver)
{
    const std::string unknown{"\xA0\x06\x01"
                              "\xAA\x06\x02hi",
                              8};
    const std::string bytes = frame_of(good_batch()) + unknown;
    const auto frame = parse_frame(bytes);
    ASSERT_TRUE(frame) << frame.error();
    EXPECT_EQ(frame->event_count, 2U);
}

TEST(Frame, EveryTruncationIsReadOrRefusedButNeverReadBeyond)
{
    const std::string whole = frame_of(good_batch());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string part = whole.substr(0, size); // a copy: a sanitizer sees reads beyond its end
        const auto frame = parse_frame(part);
        EXPECT_LE(frame ? frame->event_count : 0, 2U);
    }
}

TEST(Frame, SaysWhatIsWrong)
{
    EXPECT_THAT(error_of(""), HasSubstr("topic is not ours"));
    EXPECT_THAT(error_of("peer-observer/2/alice"), HasSubstr("topic is not ours"));
    EXPECT_THAT(error_of("peer-observer/1/alice"), HasSubstr("topic has no end"));
    EXPECT_THAT(error_of(frame_of(good_batch(), "")), HasSubstr("no valid node"));
    EXPECT_THAT(error_of(frame_of(good_batch(), "al ice")), HasSubstr("no valid node"));
    EXPECT_THAT(error_of(frame_of(good_batch(), std::string(65, 'a'))), HasSubstr("no valid node"));
    EXPECT_THAT(error_of(frame_of(good_batch(), "bob")), HasSubstr("another node"));
    EXPECT_THAT(error_of(frame_start("alice")), HasSubstr("schema version 0"));
    EXPECT_THAT(error_of(frame_start("alice") + "\x08"), HasSubstr("not valid protobuf"));
    // An event that claims more bytes than there are.
    EXPECT_THAT(error_of(frame_of(good_batch()) + "\x2A\xFF\xFF\xFF\xFF\x0F"), HasSubstr("not valid protobuf"));

    auto batch = good_batch();
    batch.set_schema_version(2);
    EXPECT_THAT(error_of(frame_of(batch)), HasSubstr("schema version 2"));
    batch = good_batch();
    batch.set_first_sequence(std::numeric_limits<std::uint64_t>::max() - 1);
    EXPECT_THAT(error_of(frame_of(batch)), HasSubstr("overflow"));
}

TEST(Frame, WithMoreEventsThanABatchCanHaveIsRefused)
{
    const std::string start = frame_of(good_batch());
    const auto with = [&](std::uint64_t events) {
        std::string bytes = start;
        for (std::uint64_t i = 2; i < events; ++i)
            bytes.append("\x2A\0", 2);
        return bytes;
    };
    EXPECT_EQ(error_of(with(kMaxBatchEvents)), "none");
    EXPECT_THAT(error_of(with(kMaxBatchEvents + 1)), HasSubstr("the batch has 65537 events, the limit is 65536"));
}

TEST(Frame, SaysThatItIsTheLast)
{
    std::string bytes;
    begin_frame(bytes, "alice", 1, 5);
    EXPECT_FALSE(parse_frame(bytes)->last);
    mark_last(bytes);
    EXPECT_TRUE(parse_frame(bytes)->last);
}

TEST(Frame, AFieldOfAnotherTypeIsNotTakenForTheRealOne)
{
    // schema_version as fixed64 instead of varint.
    EXPECT_THAT(error_of(frame_start("alice") + std::string{"\x09\x01\0\0\0\0\0\0\0", 9}),
                HasSubstr("schema version 0"));
}

TEST(Frame, NodeNamesAreShortAndPlain)
{
    EXPECT_TRUE(is_node_name("Alice-2_mainnet.example"));
    EXPECT_TRUE(is_node_name(std::string(64, 'a')));
    for (const char* name : {"", "a b", "a/b", "\xC3\xA4", "a\n"})
        EXPECT_FALSE(is_node_name(name)) << name;
    EXPECT_FALSE(is_node_name(std::string(65, 'a')));
}

} // namespace
} // namespace peer_observer::bus
