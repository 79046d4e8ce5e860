#include "libs/wire/decode.h"
#include "proto/p2p.pb.h"
#include "tests/sim_node/player.h"
#include "tests/sim_node/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace peer_observer::sim_node {
namespace {

/// Enough for everything to occur, whatever the seed.
constexpr std::size_t kSomeThousand = 12'000;

void play(std::uint64_t seed, std::size_t calls, const std::function<void(const Call&)>& see)
{
    std::size_t played = 0;
    Session session(seed, [&](const Call& call) {
        if (played++ < calls) see(call);
    });
    while (played < calls)
        session.play_scene();
}

std::string_view message_type(const Call& call) { return call.arguments[3].text; }

std::span<const std::uint8_t> payload(const Call& call) { return {call.arguments[5].payload, call.arguments[4].u64}; }

std::vector<std::string> lines(std::uint64_t seed, std::size_t calls)
{
    std::vector<std::string> result;
    play(seed, calls, [&](const Call& call) { result.push_back(line(call)); });
    return result;
}

TEST(Session, IsTheSameForTheSameSeed)
{
    const auto once = lines(7, kSomeThousand);
    EXPECT_EQ(once.size(), kSomeThousand);
    EXPECT_TRUE(once == lines(7, kSomeThousand));
}

TEST(Session, IsAnotherOneForAnotherSeed) { EXPECT_FALSE(lines(7, 500) == lines(8, 500)); }

class SessionWithSeed : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, SessionWithSeed, testing::Values(0, 1, 2, 3, 4));

TEST_P(SessionWithSeed, HasEveryTracepoint)
{
    std::set<std::string_view> seen;
    play(GetParam(), kSomeThousand, [&](const Call& call) { seen.insert(call.info().name); });
    for (const ProbeInfo& info : kProbes)
        EXPECT_TRUE(seen.contains(info.name)) << info.name;
}

TEST_P(SessionWithSeed, HasEveryMessageTypeInAWellFormedPayload)
{
    std::set<std::string, std::less<>> seen;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        if (call.is_message() && call.payload == Payload::well_formed) seen.emplace(message_type(call));
    });
    // Every message that can be decoded, by the contract's own list of them.
    const auto* messages = proto::MessagePayload::descriptor();
    for (int i = 0; i < messages->field_count(); ++i) {
        EXPECT_TRUE(seen.contains(messages->field(i)->name())) << messages->field(i)->name();
    }
}

TEST_P(SessionWithSeed, HasEveryRemovalReasonAndConnectionType)
{
    std::set<std::string> reasons;
    std::set<std::string> connection_types;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        if (call.probe == Probe::mempool_removed) reasons.insert(call.arguments[1].text);
        if (call.probe == Probe::net_closed_connection) connection_types.insert(call.arguments[2].text);
    });
    EXPECT_THAT(reasons,
                testing::UnorderedElementsAre("expiry", "sizelimit", "reorg", "block", "conflict", "replaced"));
    EXPECT_THAT(connection_types, testing::IsSupersetOf({"inbound", "feeler", "addr-fetch", "private-broadcast"}));
}

TEST_P(SessionWithSeed, MakesPayloadsThatDecodeAsMarked)
{
    std::map<Payload, int> counts;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        if (!call.is_message()) return;
        ++counts[call.payload];
        std::string out;
        const auto trailing = wire::decode(message_type(call), payload(call), {}, out);
        switch (call.payload) {
        case Payload::well_formed:
            ASSERT_TRUE(trailing) << message_type(call) << ": " << trailing.error().reason;
            EXPECT_EQ(trailing->trailing_bytes, 0U) << message_type(call);
            break;
        case Payload::trailing_bytes:
            ASSERT_TRUE(trailing) << message_type(call) << ": " << trailing.error().reason;
            EXPECT_GT(trailing->trailing_bytes, 0U) << message_type(call);
            break;
        case Payload::malformed:
        case Payload::unknown_type:
            EXPECT_FALSE(trailing) << line(call).substr(0, 300);
            break;
        }
    });
    for (const Payload kind :
         {Payload::well_formed, Payload::trailing_bytes, Payload::malformed, Payload::unknown_type}) {
        EXPECT_GT(counts[kind], 0);
    }
}

TEST_P(SessionWithSeed, AddsTransactionsUnderTheirOwnTxid)
{
    std::string last_txid;
    int checked = 0;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        if (call.probe == Probe::net_inbound_message && message_type(call) == "tx") {
            std::string out;
            proto::MessagePayload message;
            if (!wire::decode("tx", payload(call), {}, out) || !message.ParseFromString(out)) return;
            last_txid = message.tx().txid();
        } else if (call.probe == Probe::mempool_rejected) {
            EXPECT_EQ(last_txid, std::string(reinterpret_cast<const char*>(call.arguments[0].hash), 32));
            ++checked;
        }
    });
    EXPECT_GT(checked, 5);
}

TEST_P(SessionWithSeed, ConnectsBlocksUnderTheirOwnHash)
{
    std::string last_hash;
    int checked = 0;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        if (call.probe == Probe::net_inbound_message && call.payload == Payload::well_formed) {
            if (message_type(call) != "block" && message_type(call) != "cmpctblock") return;
            std::string out;
            proto::MessagePayload message;
            if (!wire::decode(message_type(call), payload(call), {}, out) || !message.ParseFromString(out)) return;
            last_hash = message.has_block() ? message.block().header().hash() : message.cmpctblock().header().hash();
        } else if (call.probe == Probe::validation_block_connected) {
            EXPECT_EQ(last_hash, std::string(reinterpret_cast<const char*>(call.arguments[0].hash), 32));
            ++checked;
        }
    });
    EXPECT_GE(checked, 4);
}

TEST_P(SessionWithSeed, SendsMessagesOfOpenConnectionsOnly)
{
    std::set<std::int64_t> open;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        const std::int64_t peer_id = call.arguments[0].i64;
        switch (call.probe) {
        case Probe::net_inbound_connection:
        case Probe::net_outbound_connection:
            EXPECT_TRUE(open.insert(peer_id).second);
            break;
        case Probe::net_closed_connection:
            EXPECT_EQ(open.erase(peer_id), 1U);
            break;
        case Probe::net_inbound_message:
        case Probe::net_outbound_message:
        case Probe::net_processed_message:
        case Probe::net_misbehaving_connection:
        case Probe::net_evicted_inbound_connection:
            EXPECT_TRUE(open.contains(peer_id)) << line(call).substr(0, 200);
            break;
        default:
            break;
        }
    });
    EXPECT_GT(open.size(), 5U);
}

TEST_P(SessionWithSeed, RemovesTransactionsOnceAfterAddingThem)
{
    std::set<std::string> mempool;
    play(GetParam(), kSomeThousand, [&](const Call& call) {
        const auto txid = [&] { return std::string(reinterpret_cast<const char*>(call.arguments[0].hash), 32); };
        switch (call.probe) {
        case Probe::mempool_added:
            EXPECT_TRUE(mempool.insert(txid()).second);
            break;
        case Probe::mempool_removed:
            EXPECT_EQ(mempool.erase(txid()), 1U);
            break;
        case Probe::mempool_replaced:
            EXPECT_TRUE(mempool.contains(txid()));
            break;
        default:
            break;
        }
    });
}

TEST_P(SessionWithSeed, StaysBoundedOverALongTime)
{
    std::size_t open = 0;
    std::size_t most_open = 0;
    std::size_t largest = 0;
    play(GetParam(), 10 * kSomeThousand, [&](const Call& call) {
        if (call.probe == Probe::net_inbound_connection || call.probe == Probe::net_outbound_connection) ++open;
        if (call.probe == Probe::net_closed_connection) --open;
        most_open = std::max(most_open, open);
        if (call.is_message()) largest = std::max(largest, payload(call).size());
    });
    EXPECT_LE(most_open, 40U);
    EXPECT_LE(largest, 4'000'000U);
}

} // namespace
} // namespace peer_observer::sim_node
