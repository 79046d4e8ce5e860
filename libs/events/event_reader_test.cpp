#include "libs/events/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace peer_observer::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string event_of(std::int64_t peer)
{
    proto::Event event;
    event.set_timestamp_ns(7);
    event.mutable_connection()->mutable_misbehaving()->set_peer_id(peer);
    return event.SerializeAsString();
}

/// A `string` field that is not UTF-8: events_lost.tracepoint.
std::string event_with_bad_text() { return {"\x52\x03\x0a\x01\xff", 5}; }

std::string batch_of(const std::vector<std::string>& events)
{
    std::string bytes;
    begin_batch(bytes, "alpha", 9, 100);
    for (const auto& event : events)
        append_event(bytes, event);
    return bytes;
}

struct Found {
    std::vector<std::pair<std::uint64_t, std::int64_t>> events; ///< sequence number, peer
    std::vector<std::pair<std::uint64_t, std::size_t>> bad;     ///< sequence number, size
    std::string reason;
};

Found read(EventReader& reader, const std::string& bytes)
{
    Found found;
    const auto batch = *parse_batch(bytes);
    reader.each(
        batch,
        [&](const proto::Event& event, const EventView& view) {
            found.events.emplace_back(view.sequence, event.connection().misbehaving().peer_id());
        },
        [&](const BadEvent& bad) {
            found.bad.emplace_back(bad.sequence, bad.size);
            found.reason = bad.reason;
        });
    return found;
}

TEST(EventReader, KeepsNeighboursOfBadEvent)
{
    EventReader reader;
    for (const auto& bad : {std::string{"\xff\xff\xff"}, event_with_bad_text()}) {
        const auto found = read(reader, batch_of({event_of(1), bad, event_of(3), event_of(4)}));
        EXPECT_THAT(found.events, ElementsAre(Pair(100, 1), Pair(102, 3), Pair(103, 4)));
        EXPECT_THAT(found.bad, ElementsAre(Pair(101, bad.size())));
    }
}

TEST(EventReader, SaysWhyAnEventIsBad)
{
    EventReader reader;
    EXPECT_EQ(read(reader, batch_of({"\xff\xff\xff"})).reason, "it is not valid protobuf");
    EXPECT_EQ(read(reader, batch_of({event_with_bad_text()})).reason,
              "a field in it is not valid, like text that is not UTF-8");
}

TEST(EventReader, ReadsAnEmptyEventAndEveryTruncationOfAnEvent)
{
    EventReader reader;
    EXPECT_THAT(read(reader, batch_of({""})).events, ElementsAre(Pair(100, 0)));
    const auto whole = event_of(1);
    std::vector<std::string> parts;
    for (std::size_t size = 0; size <= whole.size(); ++size)
        parts.push_back(whole.substr(0, size));
    const auto found = read(reader, batch_of(parts));
    EXPECT_EQ(found.events.size() + found.bad.size(), parts.size());
    EXPECT_EQ(found.events.back(), (std::pair<std::uint64_t, std::int64_t>(100 + whole.size(), 1)));
}

TEST(EventReader, IsRightWhenItsArenaIsUsedAgain)
{
    EventReader reader;
    std::vector<std::string> events;
    for (int peer = 0; peer < 50'000; ++peer)
        events.push_back(event_of(peer));
    for (int round = 0; round < 3; ++round) {
        const auto found = read(reader, batch_of(events));
        ASSERT_EQ(found.events.size(), events.size());
        EXPECT_EQ(found.events[49'999].second, 49'999);
        EXPECT_THAT(found.bad, IsEmpty());
    }
}

TEST(EventReader, ParsesWhatIsWantedOnly)
{
    EventReader reader;
    const auto bytes = batch_of({event_of(1), "\xff\xff\xff", event_of(3)});
    std::vector<std::uint64_t> sequences;
    reader.each_if(
        *parse_batch(bytes), [](const EventView& view) { return view.sequence == 102; },
        [&](const proto::Event&, const EventView& view) { sequences.push_back(view.sequence); },
        [](const BadEvent& bad) { ADD_FAILURE() << bad.sequence; });
    EXPECT_THAT(sequences, ElementsAre(102));
}

} // namespace
} // namespace peer_observer::events
