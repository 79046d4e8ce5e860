#include "libs/events/event_view.h"
#include "libs/events/testing/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace peer_observer::events {
namespace {

using ::testing::ElementsAre;
using testing::good_batch;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string error_of(const std::string& bytes)
{
    const auto parsed = parse_batch(bytes);
    return parsed ? "none" : parsed.error();
}

TEST(Batch, IsReadByTheGeneratedClasses)
{
    proto::Event event;
    event.set_timestamp_ns(3);
    std::string bytes;
    begin_batch(bytes, "alice", 0xFEDCBA9876543210U, 1ULL << 40U);
    append_event(bytes, event.SerializeAsString());
    append_event(bytes, "");

    proto::EventBatch batch;
    ASSERT_TRUE(batch.ParseFromString(bytes));
    EXPECT_EQ(batch.schema_version(), 1U);
    EXPECT_EQ(batch.node(), "alice");
    EXPECT_EQ(batch.publisher_id(), 0xFEDCBA9876543210U);
    EXPECT_EQ(batch.first_sequence(), 1ULL << 40U);
    ASSERT_EQ(batch.events_size(), 2);
    EXPECT_EQ(batch.events(0).timestamp_ns(), 3U);
}

TEST(Batch, ReadsBatchOfGeneratedClasses)
{
    const auto bytes = good_batch().SerializeAsString();
    const auto batch = parse_batch(bytes);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_EQ(batch->node, "alice");
    EXPECT_EQ(batch->publisher_id, 1U);
    EXPECT_EQ(batch->first_sequence, 5U);
    EXPECT_EQ(batch->event_count, 2U);
    EXPECT_EQ(batch->bytes, bytes);
}

TEST(Batch, PassesOverFieldsOfLaterVersions)
{
    const std::string unknown{"\xA0\x06\x01"
                              "\xAA\x06\x02hi",
                              8};
    const std::string bytes = good_batch().SerializeAsString() + unknown;
    const auto batch = parse_batch(bytes);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_EQ(batch->event_count, 2U);
}

TEST(Batch, IsNeverReadBeyondItsEnd)
{
    const std::string whole = good_batch().SerializeAsString();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string part = whole.substr(0, size); // a copy: a sanitizer sees reads beyond its end
        const auto batch = parse_batch(part);
        EXPECT_LE(batch ? batch->event_count : 0, 2U);
    }
}

TEST(Batch, SaysWhatIsWrong)
{
    EXPECT_THAT(error_of(""), HasSubstr("schema version 0"));
    EXPECT_THAT(error_of("\x08"), HasSubstr("not valid protobuf"));
    // An event that claims more bytes than there are.
    EXPECT_THAT(error_of(good_batch().SerializeAsString() + "\x2A\xFF\xFF\xFF\xFF\x0F"),
                HasSubstr("not valid protobuf"));
    // schema_version as fixed64 instead of varint.
    EXPECT_THAT(error_of(std::string{"\x09\x01\0\0\0\0\0\0\0", 9}), HasSubstr("schema version 0"));

    auto batch = good_batch();
    batch.set_schema_version(2);
    EXPECT_THAT(error_of(batch.SerializeAsString()), HasSubstr("schema version 2"));
    batch = good_batch();
    batch.set_node("al ice");
    EXPECT_THAT(error_of(batch.SerializeAsString()), HasSubstr("no valid node"));
    batch = good_batch();
    batch.set_first_sequence(std::numeric_limits<std::uint64_t>::max() - 1);
    EXPECT_THAT(error_of(batch.SerializeAsString()), HasSubstr("overflow"));
}

TEST(Batch, RefusesMoreEventsThanABatchCanHave)
{
    const auto with = [](std::uint64_t events) {
        std::string bytes = good_batch().SerializeAsString();
        for (std::uint64_t i = 2; i < events; ++i)
            append_event(bytes, "");
        return bytes;
    };
    EXPECT_EQ(error_of(with(kMaxBatchEvents)), "none");
    EXPECT_THAT(error_of(with(kMaxBatchEvents + 1)), HasSubstr("the batch has 65537 events, the limit is 65536"));
}

TEST(Batch, SaysThatItIsTheLast)
{
    std::string bytes;
    begin_batch(bytes, "alice", 1, 5);
    EXPECT_FALSE(parse_batch(bytes)->last);
    mark_last(bytes);
    EXPECT_TRUE(parse_batch(bytes)->last);
}

TEST(Batch, HasAShortAndPlainNameOfItsNode)
{
    EXPECT_TRUE(is_node_name("Alice-2_mainnet.example"));
    EXPECT_TRUE(is_node_name(std::string(64, 'a')));
    for (const char* name : {"", "a b", "a/b", "\xC3\xA4", "a\n"})
        EXPECT_FALSE(is_node_name(name)) << name;
    EXPECT_FALSE(is_node_name(std::string(65, 'a')));
}

TEST(EventView, TellsTimeKindAndMessageType)
{
    proto::Event event;
    event.set_timestamp_ns(3);
    event.mutable_message()->mutable_inbound()->set_message_type("inv");
    const auto bytes = event.SerializeAsString();
    const auto view = view_event(bytes, 8);
    EXPECT_EQ(view.sequence, 8U);
    EXPECT_EQ(view.timestamp_ns, 3U);
    EXPECT_EQ(kind_name(view.context, view.arm), "message.inbound");
    EXPECT_EQ(view.message_type, "inv");
    EXPECT_FALSE(view.is_malformed);
    EXPECT_TRUE(view_event("\xff\xff").is_malformed);
}

TEST(EventView, DoesNotTakeFieldsOfTheEventItselfForItsKind)
{
    proto::Event event;
    event.add_unreadable_arguments(1);
    event.set_process_start_ms(5);
    event.mutable_events_lost();
    EXPECT_EQ(kind_name(view_event(event.SerializeAsString()).context, 0), "events_lost");
    event.clear_events_lost();
    EXPECT_EQ(view_event(event.SerializeAsString()).context, 0U);
}

/// The sequence numbers of each batch that a selection leaves.
std::vector<std::vector<std::uint64_t>> selected(std::uint64_t count, const std::function<bool(std::uint64_t)>& wanted)
{
    std::string bytes;
    begin_batch(bytes, "alice", 1, 10);
    for (std::uint64_t i = 0; i < count; ++i)
        append_event(bytes, std::string{"\x10"} + static_cast<char>(i)); // pid
    std::vector<std::vector<std::uint64_t>> runs;
    select(
        *parse_batch(bytes), [&](const EventView& event) { return wanted(event.sequence); },
        [&](const Batch& run) {
            auto& sequences = runs.emplace_back();
            const auto reparsed = *parse_batch(run.bytes);
            EXPECT_EQ(reparsed.event_count, run.event_count);
            EXPECT_EQ(reparsed.first_sequence, run.first_sequence);
            EXPECT_EQ(reparsed.node, "alice");
            for_each_event(run, [&](const EventView& event) {
                sequences.push_back(event.sequence);
                EXPECT_EQ(static_cast<std::uint64_t>(event.bytes.back()), event.sequence - 10) << "keeps its number";
            });
        });
    return runs;
}

TEST(Select, MakesABatchOfEachRunOfNeighbours)
{
    EXPECT_THAT(selected(6, [](auto sequence) { return sequence != 12; }),
                ElementsAre(ElementsAre(10, 11), ElementsAre(13, 14, 15)));
    EXPECT_THAT(selected(3, [](auto) { return true; }), ElementsAre(ElementsAre(10, 11, 12)));
    EXPECT_THAT(selected(3, [](auto) { return false; }), IsEmpty());
}

TEST(Select, EmitsTheBatchAsItIsWhereAllIsWanted)
{
    const auto bytes = good_batch().SerializeAsString() + std::string{"\xA0\x06\x01", 3}; // a field of later versions
    std::string emitted;
    select(*parse_batch(bytes), [](const auto&) { return true; }, [&](const Batch& run) { emitted = run.bytes; });
    EXPECT_EQ(emitted, bytes);
}

/// First number, number of events, whether it is marked.
using Selected = std::tuple<std::uint64_t, std::uint64_t, bool>;

TEST(Select, KeepsTheMarkOfAPublishersLastBatch)
{
    std::string bytes;
    begin_batch(bytes, "alice", 1, 10);
    const auto runs = [&bytes](const std::function<bool(const EventView&)>& wanted) {
        std::vector<Selected> found;
        select(*parse_batch(bytes), wanted, [&](const Batch& run) {
            const auto reparsed = *parse_batch(run.bytes);
            EXPECT_EQ(reparsed.last, run.last);
            found.emplace_back(reparsed.first_sequence, reparsed.event_count, reparsed.last);
        });
        return found;
    };
    const auto all = [](const EventView&) { return true; };
    EXPECT_THAT(runs(all), IsEmpty()) << "a heartbeat";
    const auto without_events = bytes;
    mark_last(bytes);
    EXPECT_THAT(runs(all), ElementsAre(Selected{10, 0, true}));

    bytes = without_events;
    for (int i = 0; i < 4; ++i)
        append_event(bytes, "");
    mark_last(bytes);
    EXPECT_THAT(runs(all), ElementsAre(Selected{10, 4, true}));
    EXPECT_THAT(runs([](const EventView& event) { return event.sequence != 11; }),
                ElementsAre(Selected{10, 1, false}, Selected{12, 2, true}));
    EXPECT_THAT(runs([](const EventView& event) { return event.sequence == 11; }),
                ElementsAre(Selected{11, 1, false}, Selected{14, 0, true}));
    EXPECT_THAT(runs([](const EventView&) { return false; }), ElementsAre(Selected{14, 0, true}));
}

} // namespace
} // namespace peer_observer::events
