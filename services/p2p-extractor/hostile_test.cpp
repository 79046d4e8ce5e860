// A million frames that nobody should send.
#include "services/p2p-extractor/p2p_extractor_testing.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

namespace peer_observer::p2p_extractor {
namespace {

using testing::kMagic;
using testing::Talk;

constexpr std::array kTypes = {"version", "verack",     "ping",     "pong",       "addr",   "addrv2",
                               "inv",     "getdata",    "notfound", "headers",    "tx",     "feefilter",
                               "getaddr", "cmpctblock", "block",    "getheaders", "reject", "\x7f"};

class Frames {
public:
    std::string next()
    {
        std::string payload(pick(20) == 0 ? pick(2000) : pick(60), '\0');
        // Mostly small numbers: counts and types that are valid.
        const auto mask = pick(4) == 0 ? ~std::uint64_t{0} : 0x0303030303030303U;
        for (std::size_t i = 0; i < payload.size(); i += sizeof mask) {
            const auto word = random_() & mask;
            std::memcpy(payload.data() + i, &word, std::min(sizeof word, payload.size() - i));
        }
        auto frame = p2p::message(kMagic, kTypes.at(pick(kTypes.size())), payload);
        if (pick(100) == 0) frame.at(pick(frame.size())) ^= static_cast<char>(1U << pick(8));
        if (pick(1000) == 0) frame.resize(pick(frame.size()));
        return frame;
    }
    std::size_t pick(std::size_t below) { return random_() % below; }

private:
    std::mt19937_64 random_{21};
};

TEST(HostileNode, GetsAMillionFramesThrough)
{
    Frames frames;
    std::unique_ptr<Talk> talk;
    std::size_t sessions = 0;
    std::uint64_t messages = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        if (!talk || talk->session.ended()) {
            if (talk) messages += talk->figures.messages;
            talk = std::make_unique<Talk>();
            talk->shake_hands();
            ++sessions;
        }
        const auto frame = frames.next();
        const auto half = frames.pick(frame.size() + 1);
        talk->session.receive(std::string_view{frame}.substr(0, half), talk->now);
        talk->pass(std::chrono::milliseconds{frames.pick(100)});
        talk->session.receive(std::string_view{frame}.substr(half), talk->now);
        ASSERT_LE(talk->session.take_output().size(), 20'000U);
        ASSERT_LE(talk->events.size(), 10U);
        talk->events.clear();
    }
    // Most frames are of a valid form, so that sessions get somewhere.
    EXPECT_GT(messages, 600'000U);
    EXPECT_GT(sessions, 1000U);
}

} // namespace
} // namespace peer_observer::p2p_extractor
