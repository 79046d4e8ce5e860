#include "libs/events/event_view.h"
#include "libs/events/testing/every_kind.h"
#include "libs/wire/decode.h"
#include "libs/wire/testing/decoding.h"
#include "proto/event.pb.h"
#include "services/archiver/tx_detail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace peer_observer::archiver {
namespace {

std::string batch_of(const std::vector<std::string>& events)
{
    std::string bytes;
    events::begin_batch(bytes, "alice", 42, 100);
    for (const auto& event : events)
        events::append_event(bytes, event);
    events::mark_last(bytes);
    return bytes;
}

/// The events of a batch of these, with less detail.
std::vector<std::string> reduce(const std::vector<std::string>& events, TxDetail detail)
{
    const auto bytes = batch_of(events);
    std::string out;
    append_with_detail(*events::parse_batch(bytes), detail, out);
    const auto batch = events::parse_batch(out);
    EXPECT_TRUE(batch) << batch.error();
    EXPECT_EQ(batch->first_sequence, 100U);
    EXPECT_EQ(batch->event_count, events.size());
    EXPECT_TRUE(batch->last);
    EXPECT_EQ(batch->node, "alice");
    std::vector<std::string> reduced;
    events::for_each_event(*batch, [&](const auto& event) { reduced.emplace_back(event.bytes); });
    return reduced;
}

/// What the extractor sends of this message with its --tx-detail.
std::string event_of(const std::string& type, const std::string& payload, wire::TxDetail detail)
{
    std::string decoded;
    if (!wire::decode(type, wire::test::as_span(payload), {.tx_detail = detail}, decoded)) return {};
    proto::Event event;
    event.set_timestamp_ns(7);
    auto& message = *event.mutable_message()->mutable_inbound();
    message.set_peer_id(3);
    message.set_message_type(type);
    message.mutable_payload()->ParseFromString(decoded);
    return event.SerializeAsString();
}

TEST(TxDetail, IsAsOfAnExtractorWithThatOption)
{
    std::set<std::string> changed;
    int files = 0;
    for (const auto& file : std::filesystem::directory_iterator{WIRE_TESTDATA}) {
        const auto name = file.path().stem().string();
        const auto type = name.substr(0, name.find('_'));
        const auto payload = wire::test::read_testdata(file.path()).payload;
        const auto raw = event_of(type, payload, wire::TxDetail::raw);
        if (raw.empty()) continue;
        ++files;
        EXPECT_EQ(reduce({raw}, TxDetail::full).front(), event_of(type, payload, wire::TxDetail::full)) << name;
        const auto ids = event_of(type, payload, wire::TxDetail::ids);
        EXPECT_EQ(reduce({raw}, TxDetail::ids).front(), ids) << name;
        EXPECT_EQ(reduce({ids}, TxDetail::ids).front(), ids) << name;
        if (ids != raw) changed.insert(type);
    }
    EXPECT_GT(files, 50);
    EXPECT_EQ(changed, (std::set<std::string>{"block", "blocktxn", "cmpctblock", "tx"}));
}

TEST(TxDetail, LeavesEventsAloneThatAreAboutNoTransaction)
{
    std::vector<std::string> events;
    for (const auto& event : events::events_of_every_kind())
        if (!event.has_message()) events.push_back(event.SerializeAsString());
    EXPECT_EQ(reduce(events, TxDetail::ids), events);
}

TEST(TxDetail, KeepsMalformedEventsAndTheirNumbers)
{
    const std::vector<std::string> events{"\xff\xff\xff", "", std::string{"\x5a\x02\x0a\x09", 4}, "\x5a\x7f"};
    EXPECT_EQ(reduce(events, TxDetail::ids), events);
}

} // namespace
} // namespace peer_observer::archiver
