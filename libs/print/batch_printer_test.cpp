#include "libs/app/testing/log.h"
#include "libs/print/batch_printer.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace peer_observer::print {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();

/// Events of these peers, numbered from 100 on.
struct SentBatch {
    explicit SentBatch(const std::vector<int>& peers, std::uint64_t missed = 0)
    {
        proto::EventBatch content;
        content.set_schema_version(1);
        content.set_node("alpha");
        content.set_publisher_id(7);
        content.set_first_sequence(100);
        for (const int peer : peers) {
            auto& event = *content.add_events();
            event.set_timestamp_ns(1'000'000'000);
            event.mutable_connection()->mutable_misbehaving()->set_peer_id(peer);
        }
        bytes = content.SerializeAsString();
        batch = {*events::parse_batch(bytes), missed};
    }

    std::string bytes;
    bus::Batch batch;
};

app::BadEvents& bad_events()
{
    static app::BadEvents bad_events;
    return bad_events;
}

std::string append(BatchPrinter printer, const SentBatch& sent, std::uint64_t limit = kAll)
{
    std::string out;
    EXPECT_LE(printer.append_received(sent.batch, limit, out), limit);
    return out;
}

BatchPrinter printer(Format format, events::Conjunction wanted = {})
{
    return {format, events::Selection{{std::move(wanted)}}, false, bad_events()};
}

std::vector<proto::EventBatch> read_delimited(const std::string& bytes)
{
    google::protobuf::io::ArrayInputStream stream{bytes.data(), static_cast<int>(bytes.size())};
    std::vector<proto::EventBatch> batches;
    proto::EventBatch batch;
    bool clean_end = false;
    while (google::protobuf::util::ParseDelimitedFromZeroCopyStream(&batch, &stream, &clean_end)) {
        batches.push_back(batch);
        batch.Clear();
    }
    EXPECT_TRUE(clean_end);
    return batches;
}

/// Sequence number and peer of each event.
std::vector<std::pair<std::uint64_t, std::int64_t>> events_in(const std::string& bytes)
{
    std::vector<std::pair<std::uint64_t, std::int64_t>> events;
    for (const auto& batch : read_delimited(bytes)) {
        EXPECT_EQ(batch.node(), "alpha");
        EXPECT_EQ(batch.publisher_id(), 7U);
        EXPECT_EQ(batch.schema_version(), 1U);
        for (int i = 0; i < batch.events_size(); ++i)
            events.emplace_back(batch.first_sequence() + static_cast<std::uint64_t>(i),
                                batch.events(i).connection().misbehaving().peer_id());
    }
    return events;
}

TEST(BatchPrinter, PrintsALineForEachSelectedEvent)
{
    EXPECT_EQ(append(printer(Format::text, {.peers = {2}}), SentBatch{{1, 2, 3}}),
              "1970-01-01T00:00:01.000000Z alpha connection.misbehaving peer_id=2\n");
}

TEST(BatchPrinter, NumbersEventsByTheirPlaceInTheBatch)
{
    EXPECT_THAT(append(printer(Format::json, {.peers = {3}}), SentBatch{{1, 2, 3}}), HasSubstr(R"("sequence":102)"));
}

TEST(BatchPrinter, SaysWhatIsMissedBeforeTheEventsThatFollow)
{
    EXPECT_EQ(append(printer(Format::text), SentBatch{{1}, 12}),
              "1970-01-01T00:00:01.000000Z alpha missed count=12 first_sequence=88 publisher=0000000000000007\n"
              "1970-01-01T00:00:01.000000Z alpha connection.misbehaving peer_id=1\n");
    EXPECT_THAT(
        append(printer(Format::json), SentBatch{{1}, 12}),
        ::testing::StartsWith(
            R"({"timestamp_ns":1000000000,"node":"alpha","publisher":"0000000000000007","sequence":88,"kind":"missed","event":{"count":12}})"
            "\n"));
}

TEST(BatchPrinter, SaysThatAnUnknownNumberIsMissedOfThePublisherThatCrashed)
{
    const SentBatch sent{{1}};
    bus::Batch batch = sent.batch;
    batch.unknown_loss = bus::UnknownLoss{.publisher_id = 9, .next_sequence = 55};
    std::string out;
    printer(Format::text).append_received(batch, 10, out);
    EXPECT_EQ(out,
              "1970-01-01T00:00:01.000000Z alpha missed count=unknown first_sequence=55 publisher=0000000000000009\n"
              "1970-01-01T00:00:01.000000Z alpha connection.misbehaving peer_id=1\n");
    out.clear();
    printer(Format::json).append_received(batch, 10, out);
    EXPECT_THAT(out, HasSubstr(R"("sequence":55,"kind":"missed","event":{"count":null}})"));
}

TEST(BatchPrinter, SaysWhatIsMissedBeforeAHeartbeatAndWhateverTheFilter)
{
    EXPECT_THAT(append(printer(Format::text), SentBatch{{}, 12}), HasSubstr("Z alpha missed count=12 "));
    EXPECT_THAT(append(printer(Format::text, {.peers = {2}}), SentBatch{{1}, 12}),
                HasSubstr("Z alpha missed count=12 "));
    EXPECT_EQ(append(printer(Format::text), SentBatch{{}}), "");
}

TEST(BatchPrinter, CopiesWholeBatchesAsProtobuf)
{
    const SentBatch sent{{1, 2, 3}};
    const auto batches = read_delimited(append(printer(Format::protobuf), sent));
    ASSERT_EQ(batches.size(), 1U);
    EXPECT_EQ(batches[0].SerializeAsString(), sent.bytes);
    EXPECT_EQ(read_delimited(append(printer(Format::protobuf), SentBatch{{}})).size(), 1U) << "a heartbeat too";
}

TEST(BatchPrinter, SplitsABatchSoThatSequenceNumbersStayRight)
{
    const auto out = append(printer(Format::protobuf, {.peers = {1}}), SentBatch{{1, 1, 2, 1, 2, 2, 1}});
    EXPECT_EQ(read_delimited(out).size(), 3U);
    EXPECT_THAT(events_in(out), ElementsAre(Pair(100, 1), Pair(101, 1), Pair(103, 1), Pair(106, 1)));
    EXPECT_EQ(append(printer(Format::protobuf, {.peers = {9}}), SentBatch{{1, 2}}), "");
}

TEST(BatchPrinter, StopsAtTheLimitInEveryFormat)
{
    for (const auto format : {Format::text, Format::json}) {
        EXPECT_EQ(std::ranges::count(append(printer(format), SentBatch{{1, 2, 3}}, 2), '\n'), 2);
        EXPECT_EQ(std::ranges::count(append(printer(format, {.peers = {2, 3}}), SentBatch{{1, 2, 3}}, 1), '\n'), 1);
    }
    EXPECT_THAT(events_in(append(printer(Format::protobuf), SentBatch{{1, 2, 3}}, 2)),
                ElementsAre(Pair(100, 1), Pair(101, 2)));
    EXPECT_THAT(events_in(append(printer(Format::protobuf, {.peers = {2, 3}}), SentBatch{{1, 2, 3}}, 1)),
                ElementsAre(Pair(101, 2)));
}

/// Four events, of which the second is none.
std::string batch_with(const std::string& bad)
{
    proto::Event event;
    std::string bytes;
    events::begin_batch(bytes, "alpha", 7, 100);
    for (int peer = 1; peer <= 4; ++peer) {
        event.mutable_connection()->mutable_misbehaving()->set_peer_id(peer);
        events::append_event(bytes, peer == 2 ? bad : event.SerializeAsString());
    }
    return bytes;
}

TEST(BatchPrinter, PrintsTheNeighboursOfABadEventAndNamesIt)
{
    const std::string not_utf8{"\x52\x03\x0a\x01\xff", 5}; // events_lost.tracepoint
    for (const auto& bad : {std::string{"\xff\xff\xff"}, not_utf8}) {
        const app::testing::CapturedLog log;
        app::BadEvents bad_events;
        const auto bytes = batch_with(bad);
        const auto batch = *events::parse_batch(bytes);
        std::string out;
        EXPECT_EQ((BatchPrinter{Format::json, events::Selection{}, false, bad_events}.append(batch, kAll, out)), 3U);
        EXPECT_EQ(std::ranges::count(out, '\n'), 3);
        EXPECT_THAT(out, HasSubstr(R"("sequence":100,)"));
        EXPECT_THAT(out, HasSubstr(R"("sequence":102,)"));
        EXPECT_THAT(out, HasSubstr(R"("sequence":103,)"));
        EXPECT_EQ(bad_events.count(), 1U);
        const auto is_named =
            ElementsAre(::testing::StartsWith("event 101 of node alpha, publisher 0000000000000007, is skipped: "));
        EXPECT_THAT(log.warnings(), is_named);

        out.clear();
        const events::Selection selection{{{.peers = {1, 3, 4}}}};
        EXPECT_EQ((BatchPrinter{Format::protobuf, selection, false, bad_events}.append(batch, kAll, out)), 3U);
        EXPECT_THAT(events_in(out), ElementsAre(Pair(100, 1), Pair(102, 3), Pair(103, 4)));
        EXPECT_EQ(bad_events.count(), 2U);
        EXPECT_THAT(log.warnings(), is_named) << "one line a second";
    }
}

TEST(BatchPrinter, DoesNotParseEventsThatAreNotSelected)
{
    proto::Event message;
    message.mutable_message()->mutable_inbound()->set_message_type("inv");
    message.mutable_message()->mutable_inbound()->set_connection_type("abc");
    auto bad = message.SerializeAsString();
    bad.replace(bad.find("abc"), 3, "\xff\xff\xff"); // not UTF-8: parsing fails
    const auto bytes = batch_with(bad);
    const auto batch = *events::parse_batch(bytes);
    for (const auto format : {Format::json, Format::protobuf}) {
        app::BadEvents bad_events;
        std::string out;
        const events::Selection connections{{{.kinds = {"connection"}}}};
        EXPECT_EQ((BatchPrinter{format, connections, false, bad_events}.append(batch, kAll, out)), 3U);
        EXPECT_EQ(bad_events.count(), 0U);
        const events::Selection messages{{{.message_types = {"inv"}}}};
        EXPECT_EQ((BatchPrinter{format, messages, false, bad_events}.append(batch, kAll, out)), 0U);
        EXPECT_EQ(bad_events.count(), 1U) << "selected, so it is parsed";
    }
}

TEST(BatchPrinter, LeavesOutWhatIsNotToBeLookedAt)
{
    const SentBatch sent{{1, 2, 3}};
    const auto peek = [](const events::EventView& event) { return event.sequence != 101; };
    std::string out;
    EXPECT_EQ(printer(Format::json).append(sent.batch, kAll, out, peek), 2U);
    EXPECT_EQ(std::ranges::count(out, '\n'), 2);
    out.clear();
    EXPECT_EQ(printer(Format::protobuf).append(sent.batch, kAll, out, peek), 2U);
    EXPECT_THAT(events_in(out), ElementsAre(Pair(100, 1), Pair(102, 3)));
}

TEST(BatchPrinter, SaysWhereAPeerIsOneOfAnotherProcess)
{
    proto::Event event;
    std::string bytes;
    events::begin_batch(bytes, "alpha", 7, 0);
    for (const auto& [pid, start_ms] : std::vector<std::pair<int, int>>{{1, 5}, {1, 5}, {1, 9}, {2, 9}}) {
        event.set_pid(static_cast<std::uint32_t>(pid));
        event.set_process_start_ms(static_cast<std::uint64_t>(start_ms));
        event.mutable_connection()->mutable_misbehaving()->set_peer_id(3);
        events::append_event(bytes, event.SerializeAsString());
    }
    const auto batch = *events::parse_batch(bytes);
    const std::string time = "1970-01-01T00:00:00.000000Z alpha ";
    const std::string line = time + "connection.misbehaving peer_id=3\n";
    std::string out;
    printer(Format::text, {.peers = {3}}).append(batch, kAll, out);
    EXPECT_EQ(out, line + line + time + "other_process pid=1 process_start_ms=9\n" + line + time +
                       "other_process pid=2 process_start_ms=9\n" + line);
    out.clear();
    printer(Format::text).append(batch, kAll, out);
    EXPECT_EQ(out, line + line + line + line) << "nobody asked for a certain peer";
}

} // namespace
} // namespace peer_observer::print
