#include "services/extractor/peers.h"

#include <gtest/gtest.h>

#include <cstring>

namespace peer_observer::extractor {
namespace {

constexpr std::uint32_t kPid = 7;
constexpr std::uint64_t kStart = 1'000'000;

record_header process(std::uint32_t pid = kPid, std::uint64_t start_ns = kStart)
{
    return {.process_start_ns = start_ns, .pid = pid, .tracepoint = PEER_RECORD};
}

void describe(Peers& peers, const record_header& header, std::int64_t peer_id, const std::string& address)
{
    peer_record record{.header = header, .peer_id = peer_id};
    std::strcpy(record.address, address.c_str());
    peers.describe(record);
}

std::string address(Peers& peers, const record_header& header, std::int64_t peer_id)
{
    const auto* const peer = peers.find(header, peer_id);
    return peer != nullptr ? peer->address : "";
}

TEST(Peers, AreThoseOfTheirProcess)
{
    Peers peers;
    EXPECT_EQ(peers.find(process(), 5), nullptr);
    describe(peers, process(), 5, "a");
    describe(peers, process(8), 5, "of another pid");
    describe(peers, process(kPid, kStart + 1), 5, "of a later process of the same pid");
    EXPECT_EQ(address(peers, process(), 5), "a");
    EXPECT_EQ(address(peers, process(8), 5), "of another pid");
    EXPECT_EQ(address(peers, process(kPid, kStart + 1), 5), "of a later process of the same pid");
    EXPECT_EQ(peers.find(process(9), 5), nullptr);
    EXPECT_EQ(peers.find(process(), 6), nullptr);
}

TEST(Peers, KeepAddressesWithDistantIds)
{
    Peers peers;
    constexpr std::int64_t kFar[]{0, PEER_SLOTS, 2 * PEER_SLOTS, std::int64_t{1} << 32U, -1};
    for (const auto id : kFar)
        describe(peers, process(), id, std::to_string(id));
    for (const auto id : kFar)
        EXPECT_EQ(address(peers, process(), id), std::to_string(id));
}

TEST(Peers, HaveTheAddressThatWasGivenLast)
{
    Peers peers;
    describe(peers, process(), 5, "a");
    describe(peers, process(), 6, "b");
    describe(peers, process(), 5, "c");
    EXPECT_EQ(address(peers, process(), 5), "c");
    EXPECT_EQ(address(peers, process(), 6), "b");
}

TEST(Peers, AreForgottenWhenTooManyOthersWereUsedSince)
{
    Peers peers;
    for (std::size_t id = 0; id < Peers::kMost; ++id)
        describe(peers, process(), static_cast<std::int64_t>(id), std::to_string(id));
    EXPECT_EQ(address(peers, process(), 0), "0") << "and is used by that";
    describe(peers, process(8), 0, "one more");
    EXPECT_EQ(address(peers, process(), 0), "0");
    EXPECT_EQ(peers.find(process(), 1), nullptr);
    EXPECT_EQ(address(peers, process(), 2), "2");
}

TEST(Peers, HaveTextInUtf8)
{
    Peers peers;
    describe(peers, process(), 5, "h\xc3\xb6st\xff:8333");
    EXPECT_EQ(address(peers, process(), 5), "h\xc3\xb6st\xef\xbf\xbd:8333");
}

} // namespace
} // namespace peer_observer::extractor
