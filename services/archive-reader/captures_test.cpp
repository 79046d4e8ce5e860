// Captures as Bitcoin Core's CaptureMessageToFile() writes them, good and hostile ones.
#include "libs/archive/archive_testing.h"
#include "services/archive-reader/captures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace peer_observer::archive_reader {
namespace {

using archive::testing::TemporaryFolder;
using archive::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Number>
std::string little_endian(Number number)
{
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

std::string captured(std::uint64_t time_us, std::string type, const std::string& payload)
{
    type.resize(12, '\0');
    return little_endian(time_us) + type + little_endian(static_cast<std::uint32_t>(payload.size())) + payload;
}

std::string captured_ping(std::uint64_t time_us) { return captured(time_us, "ping", std::string(8, '\1')); }

class Capturing : public ::testing::Test {
protected:
    void write(const std::string& peer, const std::string& file, const std::string& bytes)
    {
        std::filesystem::create_directories(folder_ / peer);
        write_file(folder_ / peer / file, bytes);
    }

    std::vector<proto::Event> read()
    {
        Captures captures{find_captures({folder_.path().native()})};
        std::vector<proto::Event> events;
        while (const auto* event = captures.next())
            events.push_back(*event);
        captures.each_problem([&](const auto& file, const auto& problem) {
            problems_.push_back(file.parent_path().filename().native() + ": " + problem);
        });
        return events;
    }

    TemporaryFolder folder_;
    std::vector<std::string> problems_;
};

TEST_F(Capturing, IsReadInOrderOfTimeWithWhatIsKnown)
{
    write("127.0.0.1_8333", "msgs_recv.dat", captured_ping(3) + captured(7, "verack", ""));
    write("127.0.0.1_8333", "msgs_sent.dat", captured(3, "pong", std::string(8, '\1')) + captured_ping(9));
    write("[2001_db8__1]_8333", "msgs_recv.dat", captured(5, "feefilter", "\1"));
    const auto events = read();
    ASSERT_EQ(events.size(), 5U);
    EXPECT_TRUE(problems_.empty());
    const auto& ping = events[0].message().inbound();
    EXPECT_EQ(events[0].timestamp_ns(), 3000U);
    EXPECT_EQ(events[0].pid(), 0U);
    EXPECT_EQ(ping.message_type(), "ping");
    EXPECT_EQ(ping.size(), 8U);
    EXPECT_EQ(ping.payload().ping().nonce(), 0x0101010101010101U);
    EXPECT_EQ(ping.address(), "127.0.0.1:8333");
    EXPECT_EQ(ping.connection_type(), "");
    EXPECT_EQ(ping.peer_id(), -1);
    EXPECT_EQ(events[1].message().outbound().message_type(), "pong");
    EXPECT_EQ(events[1].message().outbound().peer_id(), -1);
    const auto& undecodable = events[2].message().inbound();
    EXPECT_EQ(undecodable.address(), "[2001:db8::1]:8333");
    EXPECT_EQ(undecodable.peer_id(), -2);
    EXPECT_FALSE(undecodable.decode_error().empty());
    EXPECT_EQ(undecodable.raw(), "\1");
    EXPECT_EQ(events[3].message().inbound().message_type(), "verack");
    EXPECT_TRUE(events[3].message().inbound().payload().has_verack());
    EXPECT_EQ(events[4].timestamp_ns(), 9000U);
}

TEST_F(Capturing, KeepsWhatCameBeforeDamage)
{
    const auto good = captured_ping(1) + captured_ping(2);
    const auto huge = [] {
        auto bytes = captured(3, "block", "");
        bytes.replace(20, 4, little_endian(std::uint32_t{4'000'001}));
        return bytes;
    }();
    const auto endless = [] {
        auto bytes = captured(3, "block", "");
        bytes.replace(20, 4, little_endian(std::uint32_t{4'000'000}));
        return bytes;
    }();
    write("a", "msgs_recv.dat", good + huge);
    write("b", "msgs_recv.dat", good + endless + "x");
    write("c", "msgs_recv.dat", good + "cut");
    write("d", "msgs_recv.dat", good + captured(3, "p\nng", ""));
    write("e", "msgs_recv.dat", good + captured(UINT64_MAX, "ping", ""));
    write("f", "msgs_recv.dat", "");
    EXPECT_EQ(read().size(), 10U);
    EXPECT_THAT(problems_, ElementsAre("a: offset 64: not a message as -capturemessages writes it",
                                       "b: offset 88: the file ends within a message",
                                       "c: offset 64: the file ends within a message",
                                       "d: offset 64: not a message as -capturemessages writes it",
                                       "e: offset 64: not a message as -capturemessages writes it"));
}

TEST_F(Capturing, NamesFileThatIsMissing)
{
    try {
        const Captures captures{{folder_ / "msgs_recv.dat"}};
        FAIL() << "opened";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("msgs_recv.dat: No such file"));
    }
}

} // namespace
} // namespace peer_observer::archive_reader
