#include "libs/p2p/message.h"
#include "libs/wire/decode.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace peer_observer::p2p {
namespace {

TEST(VersionMessage, TellsNothingAboutUs)
{
    const auto bytes =
        version_message({.magic = kChains[0].magic, .user_agent = "/agent/", .time_s = 1'700'000'000, .nonce = 7});
    const std::string payload = bytes.substr(kHeaderBytes);
    std::string decoded;
    const auto trailing =
        wire::decode("version", {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()}, {}, decoded);
    ASSERT_TRUE(trailing);
    EXPECT_EQ(trailing->trailing_bytes, 0U);
    proto::MessagePayload parsed;
    ASSERT_TRUE(parsed.ParseFromString(decoded));
    const auto& version = parsed.version();
    EXPECT_EQ(version.version(), 70016);
    EXPECT_EQ(version.services(), 0U);
    EXPECT_EQ(version.time_s(), 1'700'000'000);
    for (const auto& address : {version.receiver(), version.sender()}) {
        EXPECT_EQ(address.address(), "::");
        EXPECT_EQ(address.port(), 0U);
        EXPECT_EQ(address.services(), 0U);
    }
    EXPECT_EQ(version.nonce(), 7U);
    EXPECT_EQ(version.user_agent(), "/agent/");
    EXPECT_EQ(version.start_height(), 0);
    EXPECT_FALSE(version.relay());
}

TEST(SignetMagic, IsThatOfTheDefaultSignet)
{
    // The challenge of Bitcoin Core's default signet (BIP325).
    const unsigned char challenge[] = {
        0x51, 0x21, 0x03, 0xad, 0x5e, 0x0e, 0xda, 0xd1, 0x8c, 0xb1, 0xf0, 0xfc, 0x0d, 0x28, 0xa3, 0xd4, 0xf1, 0xf3,
        0xe4, 0x45, 0x64, 0x03, 0x37, 0x48, 0x9a, 0xbb, 0x10, 0x40, 0x4f, 0x2d, 0x1e, 0x08, 0x6b, 0xe4, 0x30, 0x21,
        0x03, 0x59, 0xef, 0x50, 0x21, 0x96, 0x4f, 0xe2, 0x2d, 0x6f, 0x8e, 0x05, 0xb2, 0x46, 0x3c, 0x95, 0x40, 0xce,
        0x96, 0x88, 0x3f, 0xe3, 0xb2, 0x78, 0x76, 0x0f, 0x04, 0x8f, 0x51, 0x89, 0xf2, 0xe6, 0xc4, 0x52, 0xae};
    const auto* const signet = std::ranges::find(kChains, "signet", &Chain::name);
    EXPECT_EQ(signet_magic({reinterpret_cast<const char*>(challenge), sizeof challenge}), signet->magic);
}

} // namespace
} // namespace peer_observer::p2p
