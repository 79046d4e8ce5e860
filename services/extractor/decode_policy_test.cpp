#include "services/extractor/decode_policy.h"

#include <gtest/gtest.h>

namespace peer_observer::extractor {
namespace {

using proto::Truncated;

constexpr std::uint64_t kLarge = 1'000'000;

class Policy : public testing::Test {
protected:
    static message_record message(std::int64_t peer_id, std::uint64_t size = kLarge, unsigned pid = 7,
                                  unsigned short tracepoint = NET_INBOUND_MESSAGE)
    {
        message_record record{};
        record.header.pid = pid;
        record.header.tracepoint = tracepoint;
        record.peer_id = peer_id;
        record.size = size;
        return record;
    }

    Truncated::Reason refusal(const message_record& record, std::string_view type = "block")
    {
        return policy_.refusal(record, type).value_or(Truncated::UNKNOWN_REASON);
    }

    void open(std::int64_t peer_id, unsigned pid = 7) { policy_.opened(message(peer_id, 0, pid).header, peer_id); }
    void shake_hands(std::int64_t peer_id)
    {
        policy_.decoded(message(peer_id, 100), "version");
        policy_.decoded(message(peer_id, 0), "verack");
    }

    DecodePolicy policy_;
};

TEST_F(Policy, SkipsLargeMessagesBeforeTheHandshake)
{
    EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON) << "connected before the extractor started";
    open(2);
    EXPECT_EQ(refusal(message(2)), Truncated::BEFORE_HANDSHAKE);
    EXPECT_EQ(refusal(message(2, 64 << 10)), Truncated::UNKNOWN_REASON) << "a small one";
    EXPECT_EQ(refusal(message(2), "feature"), Truncated::UNKNOWN_REASON) << "the node reads it";
    EXPECT_EQ(refusal(message(2, kLarge, 7, NET_OUTBOUND_MESSAGE)), Truncated::UNKNOWN_REASON);
    policy_.decoded(message(2, 0), "verack");
    EXPECT_EQ(refusal(message(2)), Truncated::BEFORE_HANDSHAKE) << "the node ignores a verack before version";
    policy_.decoded(message(2, 100), "version");
    EXPECT_EQ(refusal(message(2)), Truncated::BEFORE_HANDSHAKE);
    policy_.decoded(message(2, 0, 7, NET_OUTBOUND_MESSAGE), "verack");
    EXPECT_EQ(refusal(message(2)), Truncated::BEFORE_HANDSHAKE) << "the node's own verack";
    policy_.decoded(message(2, 0), "verack");
    EXPECT_EQ(refusal(message(2)), Truncated::UNKNOWN_REASON);
    policy_.decoded(message(2, 100), "version");
    EXPECT_EQ(refusal(message(2)), Truncated::UNKNOWN_REASON) << "the node ignores another version";
}

TEST_F(Policy, KeepsHandshakeOfConnectionReportedLate)
{
    shake_hands(1);
    open(1);
    EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON);
}

TEST_F(Policy, SeparatesPeersOfProcessesAndConnections)
{
    open(1);
    shake_hands(1);
    open(1, 8);
    EXPECT_EQ(refusal(message(1, kLarge, 8)), Truncated::BEFORE_HANDSHAKE);
    EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON);
    open(1); // the node has started again, and has the same pid, as in a container
    EXPECT_EQ(refusal(message(1)), Truncated::BEFORE_HANDSHAKE);
    policy_.closed(message(1).header, 1);
    EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON);
}

TEST_F(Policy, SkipsPeersThatSendMostWhenReaderFallsBehind)
{
    bool falls_behind = false;
    policy_.on_falls_behind([&](std::size_t) { return falls_behind; });
    for (int i = 0; i < 30; ++i)
        EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON);
    EXPECT_EQ(refusal(message(2)), Truncated::UNKNOWN_REASON);
    falls_behind = true;
    EXPECT_EQ(refusal(message(1)), Truncated::OVERLOADED);
    EXPECT_EQ(refusal(message(2)), Truncated::UNKNOWN_REASON) << "an honest block";
    EXPECT_EQ(refusal(message(1, 4095)), Truncated::UNKNOWN_REASON) << "a small one";
    EXPECT_EQ(refusal(message(1, kLarge, 7, NET_OUTBOUND_MESSAGE)), Truncated::OVERLOADED)
        << "what a peer asks for costs as much";
    falls_behind = false;
    EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON);
}

TEST_F(Policy, ForgetsWhatAPeerSentLongAgo)
{
    policy_.on_falls_behind([](std::size_t) { return true; });
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(refusal(message(1)), Truncated::OVERLOADED);
    // 50 MB were sent; another peer is next when it has sent more.
    int decoded = 0;
    while (refusal(message(2)) == Truncated::UNKNOWN_REASON)
        ++decoded;
    EXPECT_GT(decoded, 10);
    EXPECT_LT(decoded, 50);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(refusal(message(2)), Truncated::OVERLOADED);
    EXPECT_EQ(refusal(message(1)), Truncated::UNKNOWN_REASON);
}

TEST_F(Policy, HandlesSinglePeerAndOneThatLeft)
{
    policy_.on_falls_behind([](std::size_t) { return true; });
    EXPECT_EQ(refusal(message(1)), Truncated::OVERLOADED);
    policy_.closed(message(1).header, 1);
    policy_.closed(message(1).header, 1);
    EXPECT_EQ(refusal(message(2)), Truncated::OVERLOADED);
}

TEST_F(Policy, RemembersABoundedNumberOfPeers)
{
    open(0);
    for (std::int64_t peer = 1; peer < 100'000; ++peer)
        open(peer);
    EXPECT_EQ(refusal(message(0)), Truncated::UNKNOWN_REASON) << "unknown ones count as established";
    EXPECT_EQ(refusal(message(99'999)), Truncated::BEFORE_HANDSHAKE);
}

} // namespace
} // namespace peer_observer::extractor
