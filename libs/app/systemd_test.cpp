#include "libs/app/systemd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace peer_observer::app {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

/// The other end of NOTIFY_SOCKET.
class SystemdTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_NE(mkdtemp(folder_.data()), nullptr);
        const auto path = folder_ + "/notify";
        sockaddr_un address{.sun_family = AF_UNIX};
        ASSERT_LT(path.size(), sizeof(address.sun_path));
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        ASSERT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
        setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }

    void TearDown() override
    {
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
        close(socket_);
        std::filesystem::remove_all(folder_);
    }

    std::vector<std::string> told()
    {
        std::vector<std::string> lines;
        std::array<char, 256> buffer{};
        for (ssize_t size = 0; (size = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;)
            lines.emplace_back(buffer.data(), static_cast<std::size_t>(size));
        return lines;
    }

    const Systemd::Clock::time_point start_ = Systemd::Clock::now();

private:
    std::string folder_ = ::testing::TempDir() + "notify-XXXXXX";
    int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_F(SystemdTest, IsToldReadyAndStoppingOnce)
{
    Systemd systemd;
    systemd.ready();
    systemd.stopping();
    systemd.stopping();
    EXPECT_THAT(told(), ElementsAre("READY=1", "STOPPING=1"));
}

TEST_F(SystemdTest, GetsTheStatusEveryFiveSeconds)
{
    Systemd systemd;
    systemd.alive("1 event", start_);
    systemd.alive("2 events", start_ + 4999ms);
    systemd.alive("3 events", start_ + 5s);
    EXPECT_THAT(told(), ElementsAre("STATUS=1 event", "STATUS=3 events"));
}

TEST_F(SystemdTest, HasItsWatchdogFedFourTimesWithinItsTime)
{
    setenv("WATCHDOG_USEC", "1000000", 1);
    Systemd systemd;
    for (int ms = 0; ms < 1000; ms += 10)
        systemd.alive("", start_ + ms * 1ms);
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1", "STATUS=", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"));
}

} // namespace
} // namespace peer_observer::app
