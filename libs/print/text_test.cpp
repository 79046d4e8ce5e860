#include "libs/events/testing/every_kind.h"
#include "libs/print/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace peer_observer::print {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text(const proto::Event& event, bool colour = false)
{
    std::string out;
    append_text(Origin{"alpha", 7, 42}, event, colour, out);
    return out;
}

proto::Event rejected(const std::string& reason)
{
    proto::Event event;
    event.set_timestamp_ns(1'740'827'045'000'001'999);
    auto& content = *event.mutable_mempool()->mutable_rejected();
    content.set_txid(std::string("\x01", 1) + std::string(30, '\0') + "\xff");
    content.set_reason(reason);
    return event;
}

TEST(Text, IsTimeNodeKindAndFields)
{
    EXPECT_EQ(
        text(rejected("min relay fee not met")),
        "2025-03-01T11:04:05.000001Z alpha mempool.rejected "
        "txid=ff00000000000000000000000000000000000000000000000000000000000001 reason=\"min relay fee not met\"\n");
}

TEST(Text, NamesThePeerFirstAndThePayloadByItsType)
{
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    message.set_peer_id(3);
    message.set_address("[2001:db8::1]:8333");
    message.set_connection_type("outbound-full-relay");
    message.set_message_type("ping");
    message.set_size(8);
    message.mutable_payload()->mutable_ping()->set_nonce(0);
    EXPECT_EQ(text(event),
              "1970-01-01T00:00:00.000000Z alpha message.inbound peer_id=3 address=[2001:db8::1]:8333 "
              "connection_type=outbound-full-relay message_type=ping size=8 ping={nonce=0000000000000000}\n");
    message.mutable_payload()->mutable_ping()->clear_nonce();
    EXPECT_THAT(text(event), EndsWith(" ping={}\n"));

    proto::Event orphan;
    orphan.mutable_orphan()->mutable_add()->set_peer_id(5);
    orphan.mutable_orphan()->mutable_add()->set_txid("\x01");
    EXPECT_THAT(text(orphan), HasSubstr("orphan.add peer_id=5 txid=01 weight=0"));
}

TEST(Text, ShowsEnumsByName)
{
    proto::Event event;
    event.mutable_connection()->mutable_inbound()->set_network(proto::ONION);
    EXPECT_THAT(text(event), HasSubstr(" network=ONION "));
    event.mutable_connection()->mutable_inbound()->set_network(static_cast<proto::Network>(77));
    EXPECT_THAT(text(event), HasSubstr(" network=77 "));
}

TEST(Text, LeavesOutWhatIsAbsent)
{
    proto::Event event;
    event.mutable_coin_selection()->mutable_normal_create_tx()->set_fee_sat(-1);
    EXPECT_THAT(text(event), EndsWith(" success=false fee_sat=-1\n"));
    event.mutable_coin_selection()->mutable_normal_create_tx()->set_change_position(0);
    EXPECT_THAT(text(event), EndsWith(" success=false fee_sat=-1 change_position=0\n"));

    proto::Event addresses;
    addresses.mutable_message()->mutable_inbound()->mutable_payload()->mutable_addr()->add_addresses();
    for (const char* name : {"decode_error", "raw", "unknown_", "ignored", "truncated"})
        EXPECT_THAT(text(addresses), Not(HasSubstr(name)));
}

TEST(Text, ShowsNumbersThatNobodyCountsWithAsHex)
{
    proto::Event event;
    event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_ping()->set_nonce((1ULL << 53U) + 1);
    EXPECT_THAT(text(event), EndsWith(" ping={nonce=0020000000000001}\n"));
    auto& compact = *event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_cmpctblock();
    compact.add_short_ids(0xab);
    EXPECT_THAT(text(event), HasSubstr("short_ids=[00000000000000ab]"));
}

TEST(Text, EscapesWhatCouldHarmATerminalOrPassForAField)
{
    EXPECT_THAT(text(rejected(std::string{"\x1b[2J\r\n\0\x7f\x9b\xff\"\\", 12})),
                EndsWith("reason=\"\\x1b[2J\\x0d\\x0a\\x00\\x7f\\x9b\\xff\\\"\\\\\"\n"));
    EXPECT_THAT(text(rejected("a peer_id=5")), EndsWith("reason=\"a peer_id=5\"\n"));
    EXPECT_THAT(text(rejected("a=b")), EndsWith("reason=\"a=b\"\n"));
    EXPECT_THAT(text(rejected("\xe2\x80\xae")), EndsWith("reason=\"\\xe2\\x80\\xae\"\n")); // right-to-left override
}

TEST(Text, ShortensLongBytesAndText)
{
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    message.set_raw(std::string(40, '\xab'));
    EXPECT_THAT(text(event), HasSubstr(" raw=" + [] {
                    std::string hex;
                    for (int i = 0; i < 40; ++i)
                        hex += "ab";
                    return hex;
                }() + "\n"));
    message.set_raw(std::string(4'000'000, '\xab'));
    EXPECT_THAT(text(event), HasSubstr(" raw=abababababababababababababababab...(4000000 bytes)\n"));
    message.set_decode_error(std::string(1000, 'x'));
    EXPECT_THAT(text(event), HasSubstr("=\"" + std::string(256, 'x') + "\"...(1000 bytes) raw="));
}

TEST(Text, ShowsTheFirstItemsOfAListAndHowManyMore)
{
    proto::Event event;
    event.mutable_mempool()->mutable_added();
    for (const unsigned argument : {1U, 2U, 3U})
        event.add_unreadable_arguments(argument);
    EXPECT_THAT(text(event), EndsWith(" unreadable_arguments=[1 2 3]\n"));
    event.add_unreadable_arguments(4);
    EXPECT_THAT(text(event), EndsWith(" unreadable_arguments=[1 2 3 +1 more]\n"));
}

TEST(Text, IsOneLineOfPrintableAsciiForEveryKind)
{
    events::Filler filler{.items = 40, .bytes = "\n\x1b\xff\"= ", .text = "\x1b]0;x\x07\n\xc2\x9b"};
    for (const auto& event : events::events_of_every_kind(filler)) {
        const auto line = text(event);
        ASSERT_EQ(std::ranges::count(line, '\n'), 1);
        ASSERT_TRUE(std::ranges::all_of(line.substr(0, line.size() - 1), [](char c) { return c >= 0x20 && c < 0x7f; }))
            << line;
        EXPECT_LT(line.size(), 4096U) << line;
        EXPECT_THAT(line, StartsWith("2023-11-14T22:13:20.123456Z alpha " + to_string(events::kind_of(event)) + " "));
    }
}

TEST(Text, IsColouredWhereAskedFor)
{
    const auto line = text(rejected("dust"), true);
    EXPECT_THAT(line, HasSubstr("\x1b[1mmempool.rejected\x1b[0m"));
    EXPECT_THAT(line, HasSubstr("\x1b[2mreason=\x1b[0mdust\n"));
    EXPECT_THAT(text(rejected("dust")), Not(HasSubstr("\x1b")));
}

TEST(Text, HasALineForMissedEvents)
{
    std::string out;
    append_text(Missed{"alpha", 7, 100, 12, 1'740'827'045'000'001'000}, false, out);
    EXPECT_EQ(out, "2025-03-01T11:04:05.000001Z alpha missed count=12 first_sequence=100 publisher=0000000000000007\n");
}

TEST(Text, HasALineForAnUnknownNumberOfMissedEvents)
{
    std::string out;
    append_text(Missed{"alpha", 7, 100, std::nullopt, 0}, false, out);
    EXPECT_EQ(out,
              "1970-01-01T00:00:00.000000Z alpha missed count=unknown first_sequence=100 publisher=0000000000000007\n");
}

TEST(Text, ShowsAnUnknownKindAsSuch) { EXPECT_EQ(text(proto::Event{}), "1970-01-01T00:00:00.000000Z alpha unknown\n"); }

} // namespace
} // namespace peer_observer::print
