#include "libs/base/limits.h"
#include "libs/p2p/frame_reader.h"
#include "libs/p2p/frame_reader_testing.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace peer_observer::p2p {
namespace {

using State = FrameReader::State;
using testing::Read;
using testing::read_in_pieces;

const Magic kMagic = kChains[0].magic;

Read read_whole(std::string_view bytes) { return read_in_pieces(bytes, bytes.size()); }

std::string header_that_announces(std::uint32_t size)
{
    auto bytes = message(kMagic, "ping", "");
    std::memcpy(bytes.data() + kSizeOffset, &size, sizeof size);
    return bytes;
}

TEST(FrameReader, ReadsMessagesInPiecesOfAnySize)
{
    const std::string large(1000, 'x');
    const auto bytes =
        message(kMagic, "verack", "") + message(kMagic, "ping", "12345678") + message(kMagic, "twelve_bytes", large);
    const Read expected{State::reading, {{"verack", ""}, {"ping", "12345678"}, {"twelve_bytes", large}}};
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
        ASSERT_EQ(read_in_pieces(bytes, piece), expected) << piece;
}

TEST(FrameReader, KnowsWhetherItIsWithinAMessage)
{
    const auto bytes = message(kMagic, "ping", "12345678");
    FrameReader reader{kMagic};
    const auto ignore = [](std::string_view, std::string_view) { return true; };
    EXPECT_FALSE(reader.is_within_message());
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        reader.read(std::string_view{bytes}.substr(i, 1), ignore);
        ASSERT_TRUE(reader.is_within_message()) << i;
        ASSERT_EQ(reader.has_read_a_header(), i + 1 >= kHeaderBytes);
    }
    reader.read(std::string_view{bytes}.substr(bytes.size() - 1), ignore);
    EXPECT_FALSE(reader.is_within_message());
}

TEST(FrameReader, RefusesAnotherMagicAtItsFirstByte)
{
    EXPECT_EQ(read_whole(message(kChains[4].magic, "ping", "")).state, State::wrong_magic);
    EXPECT_EQ(read_whole("\xfa").state, State::wrong_magic);
    EXPECT_EQ(read_whole(message(kMagic, "ping", "") + "GET /").state, State::wrong_magic);
    EXPECT_EQ(read_whole("\xf9\xbe\xb4").state, State::reading);
}

TEST(FrameReader, RefusesAPayloadThatIsTooLargeBeforeItComes)
{
    EXPECT_EQ(read_whole(header_that_announces(base::kMaxPayloadBytes)).state, State::reading);
    EXPECT_EQ(read_whole(header_that_announces(base::kMaxPayloadBytes + 1)).state, State::too_large);
    EXPECT_EQ(read_whole(header_that_announces(0xffffffff)).state, State::too_large);
}

TEST(FrameReader, ReadsTheLargestPayload)
{
    const std::string payload(base::kMaxPayloadBytes, 'x');
    const auto bytes = message(kMagic, "block", payload) + message(kMagic, "ping", "");
    const auto read = read_in_pieces(bytes, 65'536);
    ASSERT_EQ(read.messages.size(), 2U);
    EXPECT_EQ(read.messages[0].second, payload);
}

TEST(FrameReader, RefusesAWrongChecksum)
{
    for (const std::size_t changed : {kChecksumOffset, kHeaderBytes - 1, kHeaderBytes}) {
        auto bytes = message(kMagic, "ping", "12345678");
        bytes[changed] ^= 1;
        const auto read = read_whole(bytes + message(kMagic, "ping", ""));
        EXPECT_EQ(read.state, State::bad_checksum);
        EXPECT_TRUE(read.messages.empty());
    }
}

TEST(FrameReader, RefusesTypesThatAreInvalidToCore)
{
    for (const auto& type :
         {std::string{"ping\0x", 6}, std::string{"pi\ng"}, std::string{"ping\x7f"}, std::string{"\xff"}})
        EXPECT_EQ(read_whole(message(kMagic, type, "")).state, State::bad_type);
    for (const auto& type : {std::string{}, std::string{"~ !"}, std::string{"twelve_bytes"}})
        EXPECT_EQ(read_whole(message(kMagic, type, "")).messages, (decltype(Read::messages){{type, ""}}));
}

TEST(FrameReader, StopsWhenTheReceiverWantsNoMore)
{
    const auto bytes = message(kMagic, "ping", "") + message(kMagic, "pong", "");
    FrameReader reader{kMagic};
    int received = 0;
    const auto once = [&](std::string_view, std::string_view) { return ++received < 1; };
    EXPECT_EQ(reader.read(bytes, once), State::stopped);
    EXPECT_EQ(reader.read(bytes, once), State::stopped);
    EXPECT_EQ(received, 1);
}

TEST(FrameReader, DescribesEachError)
{
    for (const auto state : {State::wrong_magic, State::bad_type, State::too_large, State::bad_checksum})
        EXPECT_NE(describe(state), describe(State::reading));
}

} // namespace
} // namespace peer_observer::p2p
