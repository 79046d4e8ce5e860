// Messages of the v1 transport as they were and are, in streams that are cut, damaged or hostile.
#include "services/archive-reader/pcap/message_finder.h"
#include "services/archive-reader/pcap/pcap_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::archive_reader {
namespace {

using testing::bytes_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kMain;
using testing::ping;

std::vector<std::string> find(MessageFinder& finder, std::string_view bytes, std::size_t piece = 1)
{
    std::vector<std::string> found;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        finder.add(bytes.substr(at, piece), at);
        while (const auto message = finder.next())
            found.push_back(std::string{message->type} + ":" + std::to_string(message->payload.size()) + "@" +
                            std::to_string(message->time_ns));
    }
    return found;
}

/// https://en.bitcoin.it/wiki/Protocol_documentation, "Message structure": "checksum ... not present in version and
/// verack until 20 February 2012".
std::string without_checksum(std::string type, const std::string& payload)
{
    type.resize(12, '\0');
    return std::string{kMain.data(), kMain.size()} + type + bytes_of(static_cast<std::uint32_t>(payload.size())) +
           payload;
}

std::string address_bytes()
{
    return bytes_of(std::uint64_t{1}) + std::string(10, '\0') + std::string("\xff\xff\x0a\x00\x00\x01\x20\x8d", 8);
}

TEST(MessageFinder, FindsMessagesWithTheTimesOfTheirLastBytes)
{
    const auto bytes = ping(1) + p2p::message(kMain, "verack", "") + ping(2);
    for (const auto piece : std::vector<std::size_t>{1, 5, 24, 1000}) {
        MessageFinder finder{kMain, true};
        const auto time = [&](std::size_t end) { return "@" + std::to_string((end - 1) / piece * piece); };
        EXPECT_THAT(find(finder, bytes, piece),
                    ElementsAre("ping:8" + time(32), "verack:0" + time(56), "ping:8" + time(88)));
    }
}

TEST(MessageFinder, FindsOldMessagesWithoutChecksum)
{
    // The version message of a client of 2010, as that page describes it for protocol versions from 106 on: version,
    // services, time, both addresses (services, IP, port), nonce, a text, the height.
    const auto version = bytes_of(std::int32_t{106}) + bytes_of(std::uint64_t{1}) +
                         bytes_of(std::int64_t{1'280'000'000}) + address_bytes() + address_bytes() +
                         bytes_of(std::uint64_t{77}) + std::string(1, '\0') + bytes_of(std::int32_t{70'000});
    ASSERT_EQ(version.size(), 85U);
    // Before protocol version 209 no message had one.
    const auto old = without_checksum("version", version) + without_checksum("verack", "") +
                     without_checksum("ping", "") + without_checksum("getaddr", "");
    // From then on all had one but for these two.
    const auto later = without_checksum("version", version) + without_checksum("verack", "") +
                       p2p::message(kMain, "ping", "") + p2p::message(kMain, "getaddr", "");
    for (const auto piece : std::vector<std::size_t>{1, 3, 20, 105, 1000}) {
        MessageFinder finder{kMain, true};
        const auto found = find(finder, old + "\xf9\xbe\xb4\xd9", piece);
        ASSERT_EQ(found.size(), 4U) << piece;
        EXPECT_TRUE(found[0].starts_with("version:85@"));
        EXPECT_TRUE(found[3].starts_with("getaddr:0@"));
        MessageFinder finder_of_later{kMain, true};
        const auto found_later = find(finder_of_later, later, piece);
        ASSERT_EQ(found_later.size(), 4U) << piece;
        EXPECT_TRUE(found_later[2].starts_with("ping:0@"));
        EXPECT_EQ(finder.rejected() + finder.out_of_sync() + finder_of_later.rejected() + finder_of_later.out_of_sync(),
                  0U);
    }
    // Each is there as soon as it is complete: the other side has to answer before more comes.
    MessageFinder finder{kMain, true};
    EXPECT_THAT(find(finder, without_checksum("version", version), 1000), ElementsAre("version:85@0"));
    EXPECT_THAT(find(finder, without_checksum("verack", ""), 1000), ElementsAre("verack:0@0"));
}

TEST(MessageFinder, LeavesOutWhatCoreIgnores)
{
    auto wrong = ping(2);
    wrong.back() ^= 1;
    auto padded = p2p::message(kMain, "ping", "");
    padded[p2p::kTypeOffset + 8] = 'x'; // behind a NUL
    MessageFinder finder{kMain, true};
    EXPECT_THAT(find(finder, ping(1) + wrong + padded + ping(3), 1000), ElementsAre("ping:8@0", "ping:8@0"));
    EXPECT_EQ(finder.rejected(), 2U);
    EXPECT_EQ(finder.out_of_sync(), 0U);
}

TEST(MessageFinder, GoesOnBehindWhatIsNoMessage)
{
    auto large = p2p::message(kMain, "block", "");
    large.replace(p2p::kSizeOffset, 4, bytes_of(std::uint32_t{4'000'001}));
    for (const auto& junk : {std::string{"junk"}, large, std::string{"\xf9\xbe"}, std::string(100'000, '\xf9')}) {
        MessageFinder finder{kMain, true};
        const auto found = find(finder, ping(1) + junk + ping(2), 100);
        EXPECT_EQ(found.size(), 2U);
        EXPECT_EQ(finder.out_of_sync(), 1U);
    }
}

TEST(MessageFinder, KnowsConnectionOfOtherProtocol)
{
    for (const auto piece : std::vector<std::size_t>{1, 3, 1000}) {
        MessageFinder http{kMain, true};
        EXPECT_THAT(find(http, "GET / HTTP/1.1\r\n" + ping(1), piece), IsEmpty());
        EXPECT_TRUE(http.is_other() && !http.is_of_other_chain());
        MessageFinder regtest{kMain, true};
        EXPECT_THAT(find(regtest, ping(1, p2p::kChains[4].magic), piece), IsEmpty());
        EXPECT_TRUE(regtest.is_other() && regtest.is_of_other_chain());
        EXPECT_EQ(regtest.out_of_sync(), 0U);
    }
    // In the middle of a connection nothing tells.
    MessageFinder middle{kMain, false};
    EXPECT_THAT(find(middle, "GET / HTTP/1.1\r\n" + ping(1), 1000), ElementsAre("ping:8@0"));
}

TEST(MessageFinder, HashesNoMoreThanIsWorthIt)
{
    // Each of these headers announces all that follows it.
    std::string bytes;
    constexpr std::size_t kTotal = 3'000'000;
    while (bytes.size() < kTotal)
        bytes += without_checksum("block", "").substr(0, 16) +
                 bytes_of(static_cast<std::uint32_t>(kTotal - bytes.size() - p2p::kHeaderBytes)) + "sum!";
    MessageFinder finder{kMain, false};
    // To try each of them, 187 GB would be hashed.
    EXPECT_EQ(find(finder, bytes + ping(1), 65'536).size(), 1U);
    EXPECT_THAT(find(finder, ping(2) + std::string(100, 'x'), 1000), ElementsAre("ping:8@0"));
}

TEST(MessageFinder, KeepsNoMoreThanMessage)
{
    MessageFinder finder{kMain, true};
    const auto block = p2p::message(kMain, "block", std::string(1'000'000, 'x'));
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(find(finder, block, 1460).size(), 1U);
        EXPECT_LT(finder.memory(), 2'500'000U);
    }
}

} // namespace
} // namespace peer_observer::archive_reader
