// The v2 transport against itself, against v1, and against a node that sends what it should not.
#include "libs/p2p/elligator_swift.h"
#include "libs/p2p/message.h"
#include "libs/p2p/v2_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace peer_observer::p2p {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::Pair;
using State = Transport::State;
using Message = std::pair<std::string, std::string>;

const Magic kMain = kChains[0].magic;

struct V2 : ::testing::Test {
    void SetUp() override
    {
        if (!has_v2_transport()) GTEST_SKIP() << "built without libsecp256k1 with ElligatorSwift";
    }
};

/// One end of a connection, and what has come there.
struct End {
    explicit End(std::unique_ptr<Transport> chosen) : transport{std::move(chosen)} {}
    static End v2(bool dials, const V2Transport::Secrets& secrets = V2Transport::Secrets::random())
    {
        return End{std::make_unique<V2Transport>(kMain, dials, secrets)};
    }

    State take(std::string_view bytes, std::size_t piece = std::string::npos)
    {
        State state = State::reading;
        for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
            state = transport->read(bytes.substr(0, piece), [this](std::string_view type, std::string_view payload) {
                received.emplace_back(type, payload);
                return true;
            });
        return state;
    }

    std::unique_ptr<Transport> transport;
    std::vector<Message> received;
};

/// Until both have said everything.
void talk(End& one, End& other, std::size_t piece = std::string::npos)
{
    for (bool is_silent = false; !is_silent;) {
        const auto from_one = one.transport->take_output();
        const auto from_other = other.transport->take_output();
        is_silent = from_one.empty() && from_other.empty();
        ASSERT_EQ(other.take(from_one, piece), State::reading);
        ASSERT_EQ(one.take(from_other, piece), State::reading);
    }
}

TEST_F(V2, CarriesMessagesInBothDirections)
{
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
        auto dialer = End::v2(true);
        auto node = End::v2(false);
        dialer.transport->send("version", "before the key exchange");
        talk(dialer, node, piece);
        node.transport->send("verack", "");
        node.transport->send("sendtxrcncl", std::string(1000, 'x')); // has no number
        talk(dialer, node, piece);
        EXPECT_THAT(node.received, ElementsAre(Pair("version", "before the key exchange")));
        EXPECT_THAT(dialer.received, ElementsAre(Pair("verack", ""), Pair("sendtxrcncl", std::string(1000, 'x'))));
        EXPECT_EQ(dialer.transport->session_id().size(), 32U);
        EXPECT_EQ(dialer.transport->session_id(), node.transport->session_id());
        EXPECT_TRUE(dialer.transport->knows_network());
    }
}

TEST_F(V2, CarriesLargestMessage)
{
    auto dialer = End::v2(true);
    auto node = End::v2(false);
    talk(dialer, node);
    const std::string payload(4'000'000, 'b');
    node.transport->send("block", payload);
    node.transport->send("twelve bytes", payload);
    talk(dialer, node, 65'536);
    EXPECT_THAT(dialer.received, ElementsAre(Pair("block", payload), Pair("twelve bytes", payload)));
}

TEST_F(V2, TakesV1FromANodeThatDialsSo)
{
    for (const std::size_t piece : {std::size_t{1}, std::string::npos}) {
        End node{std::make_unique<V1Transport>(kMain)};
        auto we = End::v2(false);
        node.transport->send("version", "of the node");
        talk(node, we, piece);
        EXPECT_THAT(we.received, ElementsAre(Pair("version", "of the node")));
        we.transport->send("verack", "");
        talk(node, we, piece);
        EXPECT_THAT(node.received, ElementsAre(Pair("verack", "")));
        EXPECT_EQ(we.transport->session_id(), "");
        EXPECT_TRUE(we.transport->knows_network());
    }
}

/// A node as the test wants it, that has exchanged keys with `end`.
struct Forger {
    explicit Forger(End& end) : end_{end}
    {
        const auto secrets = V2Transport::Secrets::random();
        const auto key = elligator_swift_key(secrets.key, secrets.entropy);
        const auto theirs = end.transport->take_output();
        cipher.emplace(shared_secret(secrets.key, key, theirs.substr(0, kPublicKeyBytes), false), kMain, false);
        end.take(key + "garbage");
    }
    State shake_hands(std::string_view garbage = "garbage")
    {
        return end_.take(cipher->our_terminator() + cipher->encrypt("", garbage));
    }
    State send(std::string_view contents) { return end_.take(cipher->encrypt(contents)); }

    std::optional<V2Cipher> cipher;

private:
    End& end_;
};

TEST_F(V2, SkipsDecoysAndTypesOfLaterVersions)
{
    auto end = End::v2(true);
    Forger node{end};
    EXPECT_EQ(end.take(node.cipher->our_terminator() + node.cipher->encrypt("decoy", "garbage", true)), State::reading);
    EXPECT_FALSE(end.transport->knows_network());
    EXPECT_EQ(node.send("the version packet of a later version"), State::reading);
    EXPECT_TRUE(end.transport->knows_network());
    EXPECT_EQ(end.take(node.cipher->encrypt("\x12"
                                            "12345678",
                                            {}, true)),
              State::reading);
    EXPECT_EQ(node.send("\x1d"
                        "of a number that has no meaning"),
              State::reading);
    EXPECT_EQ(node.send("\x12"
                        "12345678"),
              State::reading);
    EXPECT_THAT(end.received, ElementsAre(Pair("ping", "12345678")));
}

TEST_F(V2, EndsWithWhatANodeDoesNotSend)
{
    const auto after_handshake = [](const auto& send) {
        auto end = End::v2(true);
        Forger node{end};
        EXPECT_EQ(node.shake_hands(), State::reading);
        const auto state = send(node, end);
        EXPECT_EQ(end.take("more"), state) << "it stays";
        EXPECT_THAT(end.received, ElementsAre());
        return state;
    };
    EXPECT_EQ(after_handshake([](Forger& node, End&) { return node.send(""); }), State::bad_type);
    EXPECT_EQ(after_handshake([](Forger& node, End&) { return node.send("\0short"s); }), State::bad_type);
    EXPECT_EQ(after_handshake([](Forger& node, End&) { return node.send("\0a\0b         "s); }), State::bad_type);
    EXPECT_EQ(after_handshake([](Forger& node, End&) { return node.send("\2" + std::string(4'000'001, 'x')); }),
              State::too_large);
    EXPECT_EQ(after_handshake([](Forger& node, End& end) {
                  return end.take(node.cipher->encrypt(std::string(4'000'014, 'x')).substr(0, kLengthBytes));
              }),
              State::too_large)
        << "before any of it has come";
    EXPECT_EQ(after_handshake([](Forger& node, End& end) {
                  auto packet = node.cipher->encrypt("\x12"
                                                     "12345678");
                  packet.back() = static_cast<char>(packet.back() ^ 1);
                  return end.take(packet);
              }),
              State::not_authentic);
    auto end = End::v2(true);
    EXPECT_EQ(Forger{end}.shake_hands("other garbage"), State::not_authentic) << "somebody has changed it";
}

TEST_F(V2, EndsWithoutGarbageTerminator)
{
    auto end = End::v2(true);
    EXPECT_EQ(end.take(std::string(kPublicKeyBytes + 4095 + kTerminatorBytes - 1, 'x')), State::reading);
    EXPECT_EQ(end.take("x"), State::no_terminator);
    EXPECT_FALSE(end.transport->knows_network());
}

TEST_F(V2, AcceptsMostGarbageThatBip324Allows)
{
    const std::string garbage(4095, 'g');
    const auto node_secrets = V2Transport::Secrets{std::string(32, '1'), std::string(32, '2'), garbage};
    auto dialer = End::v2(true, {std::string(32, '3'), std::string(32, '4'), garbage});
    auto node = End::v2(false, node_secrets);
    talk(dialer, node);
    node.transport->send("verack", "");
    talk(dialer, node);
    EXPECT_THAT(dialer.received, ElementsAre(Pair("verack", "")));
}

TEST_F(V2, EndsWithRandomBytes)
{
    std::mt19937 random{1}; // NOLINT(cert-msc51-cpp): the same each time
    for (int round = 0; round < 200; ++round) {
        auto end = End::v2(round % 2 == 0);
        std::string bytes(20'000, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        EXPECT_EQ(end.take(bytes, 1 + random() % 5000), State::no_terminator);
        EXPECT_THAT(end.received, ElementsAre());
    }
}

TEST(V2TransportTest, SaysThatThisBuildHasNone)
{
    if (has_v2_transport()) GTEST_SKIP() << "it has it";
    EXPECT_THROW(make_transport(kMain, true, true), std::logic_error);
    EXPECT_TRUE(make_transport(kMain, false, true));
}

} // namespace
} // namespace peer_observer::p2p
