#include "libs/wire/decode.h"
#include "services/addr-connectivity/handshake.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace peer_observer::addr_connectivity {
namespace {

using proto::AddressChecked;
using State = VersionReader::State;

const p2p::Magic kMain = p2p::kChains[0].magic;
constexpr std::size_t kHeader = 24;
constexpr std::uint64_t kOurNonce = 8;

std::string message(const std::string& user_agent = "/test:1/", const p2p::Magic& magic = kMain)
{
    return p2p::version_message({.magic = magic, .user_agent = user_agent, .time_s = 1'700'000'000, .nonce = 7});
}

struct Read {
    State state = State::more;
    VersionReader reader{kMain, kOurNonce};
};

Read read(const std::string& bytes, std::size_t piece = 100'000)
{
    Read read;
    for (std::size_t i = 0; i < bytes.size() && read.state == State::more; i += piece)
        read.state = read.reader.read({bytes.data() + i, std::min(piece, bytes.size() - i)});
    return read;
}

TEST(VersionReader, ReadsAVersionMessageInPiecesOfAnySize)
{
    for (const auto& agent : {std::string{}, std::string{"/Satoshi:29.0.0/"}, std::string(256, 'x')}) {
        const auto bytes = message(agent);
        for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
            const auto result = read(bytes, piece);
            ASSERT_EQ(result.state, State::done) << piece;
            EXPECT_EQ(result.reader.version().user_agent(), agent);
        }
    }
}

TEST(VersionReader, IsNotDoneBeforeTheLastByte)
{
    const auto bytes = message();
    EXPECT_EQ(read(bytes.substr(0, bytes.size() - 1)).state, State::more);
    EXPECT_EQ(read(bytes + "what follows").state, State::done);
}

TEST(VersionReader, TellsOtherNetworksFromTheFirstFourBytes)
{
    for (const auto& chain : p2p::kChains) {
        if (chain.magic == kMain) continue;
        const auto result = read(message("", chain.magic).substr(0, 4), 1);
        EXPECT_EQ(result.state, State::failed);
        EXPECT_EQ(result.reader.result(), AddressChecked::WRONG_NETWORK);
        EXPECT_NE(result.reader.reason().find(chain.name), std::string::npos);
    }
    const auto unknown = read(message("", {1, 2, 3, 4}));
    EXPECT_EQ(unknown.state, State::failed);
    EXPECT_EQ(unknown.reader.result(), AddressChecked::WRONG_NETWORK);
}

void expect_not_bitcoin(const std::string& bytes, const std::string& reason)
{
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        const auto result = read(bytes, piece);
        ASSERT_EQ(result.state, State::failed) << reason;
        EXPECT_EQ(result.reader.result(), AddressChecked::NOT_BITCOIN);
        EXPECT_NE(result.reader.reason().find(reason), std::string::npos) << result.reader.reason();
    }
}

TEST(VersionReader, RefusesAnEcho)
{
    expect_not_bitcoin(
        p2p::version_message({.magic = kMain, .user_agent = "/test:1/", .time_s = 1, .nonce = kOurNonce}),
        "our own version message came back");
}

TEST(VersionReader, RefusesATypeWithBytesBehindItsNul)
{
    auto bytes = message();
    bytes[4 + 8] = 'x'; // "version\0x\0\0\0"
    expect_not_bitcoin(bytes, "a message type with bytes behind its NUL");
    bytes.replace(4, 12, std::string{"verack\0\0\0\0\0\0", 12});
    expect_not_bitcoin(bytes, "another message comes before version");
}

TEST(VersionReader, RefusesWhatIsNotBitcoin)
{
    expect_not_bitcoin("HTTP/1.1 400 Bad Request\r\n\r\n", "no Bitcoin message");
    expect_not_bitcoin("SSH-2.0-OpenSSH_9.2p1\r\n", "no Bitcoin message");
    expect_not_bitcoin(std::string(100, '\0'), "no Bitcoin message");

    auto other = message();
    std::ranges::copy(std::string{"verack\0"}, other.begin() + 4);
    expect_not_bitcoin(other, "another message");

    auto checksum = message();
    checksum[20] ^= 1;
    expect_not_bitcoin(checksum, "checksum");

    auto changed = message();
    changed.back() ^= 1;
    expect_not_bitcoin(changed, "checksum");
}

TEST(VersionReader, RefusesSizesThatNoVersionMessageHas)
{
    for (const auto size : {0U, 45U, 1001U, 4'000'000U, 0xffffffffU}) {
        auto bytes = message();
        std::copy_n(reinterpret_cast<const char*>(&size), 4, bytes.begin() + 16);
        expect_not_bitcoin(bytes, "a version message of " + std::to_string(size) + " bytes");
    }
}

TEST(VersionReader, KeepsTheFirstBytes)
{
    const std::string bytes = "HTTP/1.1 400 Bad Request\r\n\r\n";
    EXPECT_EQ(read(bytes).reader.first_bytes(), bytes.substr(0, 16));
    EXPECT_EQ(read(message()).reader.first_bytes(), message().substr(0, 64));
}

TEST(VersionReader, TellsWhyThereIsNoVersionWhenTheConnectionEnds)
{
    EXPECT_EQ(read("").reader.result_at_end(), AddressChecked::CLOSED);
    EXPECT_EQ(read(message().substr(0, 3)).reader.result_at_end(), AddressChecked::CLOSED);
    EXPECT_EQ(read(message().substr(0, 50)).reader.result_at_end(), AddressChecked::CLOSED);
    EXPECT_EQ(read("220 ").reader.result_at_end(), AddressChecked::NOT_BITCOIN);
    EXPECT_EQ(read("2").reader.result_at_end(), AddressChecked::NOT_BITCOIN);
}

} // namespace
} // namespace peer_observer::addr_connectivity
