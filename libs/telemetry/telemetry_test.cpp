#include "libs/base/clock.h"
#include "libs/base/host_port.h"
#include "libs/telemetry/connect.h"
#include "libs/telemetry/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace peer_observer::telemetry {
namespace {

using testing::HasSubstr;

/// The whole answer to one HTTP GET; empty when nobody answers.
std::string get(const std::string& address, const std::string& path)
{
    const int socket_fd = connect_to(base::parse_host_port(address).value());
    if (socket_fd < 0) return {};
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    EXPECT_EQ(send(socket_fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = recv(socket_fd, buffer.data(), buffer.size(), 0)) > 0;)
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    close(socket_fd);
    return answer;
}

/// The number behind `name` in the exposition text.
double value_of(const std::string& answer, const std::string& name)
{
    const auto line = answer.find("\n" + name + " ");
    if (line == std::string::npos) throw std::runtime_error{"no " + name + " in:\n" + answer};
    return std::stod(answer.substr(line + name.size() + 2));
}

std::vector<Sample> one(double value) { return {{value, {}}}; }

TEST(Telemetry, PicksAFreePortAndAnswersThere)
{
    const Telemetry telemetry{"127.0.0.1:0", "logger"};
    EXPECT_THAT(telemetry.address(), testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
    EXPECT_THAT(get(telemetry.address(), "/metrics"), testing::StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(get(telemetry.address(), "/other"), HasSubstr("404"));
}

TEST(Telemetry, ListensOnTheHostThatWasAskedForOnly)
{
    const Telemetry telemetry{"127.0.0.2:0", "logger"};
    const auto port = std::to_string(base::parse_host_port(telemetry.address()).value().port);
    EXPECT_THAT(get(telemetry.address(), "/metrics"), HasSubstr("200 OK"));
    EXPECT_EQ(get("127.0.0.1:" + port, "/metrics"), "");
}

TEST(Telemetry, ShowsServiceVersionAndProcessFigures)
{
    const Telemetry telemetry{"127.0.0.1:0", "logger"};
    const auto answer = get(telemetry.address(), "/metrics");
    EXPECT_THAT(answer,
                HasSubstr("peer_observer_build_info{service=\"logger\",version=\"" PEER_OBSERVER_VERSION "\"} 1"));
    EXPECT_GT(value_of(answer, "process_cpu_seconds_total"), 0);
    EXPECT_GT(value_of(answer, "process_resident_memory_bytes"), 1e6);
    EXPECT_GT(value_of(answer, "process_virtual_memory_bytes"), value_of(answer, "process_resident_memory_bytes"));
    EXPECT_GE(value_of(answer, "process_open_fds"), 4); // the standard three and the server's
    EXPECT_GE(value_of(answer, "process_max_fds"), value_of(answer, "process_open_fds"));
}

TEST(Telemetry, ShowsTheTimeAtWhichThisProcessStarted)
{
    const Telemetry telemetry{"127.0.0.1:0", "logger"};
    const double started = value_of(get(telemetry.address(), "/metrics"), "process_start_time_seconds");
    struct stat self{}; // the kernel dates a process's directory when it is first looked at: not before the start
    ASSERT_EQ(stat("/proc/self", &self), 0);
    EXPECT_LE(started, static_cast<double>(self.st_mtime) + 1);
    EXPECT_GT(started, static_cast<double>(base::unix_s()) - 3600);
}

TEST(Telemetry, AsksForTheFiguresAtEachScrape)
{
    Telemetry telemetry{"127.0.0.1:0", "logger"};
    double count = 0;
    telemetry.add("peer_observer_scrapes_seen_total", "How often this test was asked.", MetricType::counter,
                  [&count] { return one(++count); });
    EXPECT_EQ(value_of(get(telemetry.address(), "/metrics"), "peer_observer_scrapes_seen_total"), 1);
    EXPECT_EQ(value_of(get(telemetry.address(), "/metrics"), "peer_observer_scrapes_seen_total"), 2);
}

TEST(Telemetry, WritesHelpTypeAndEscapedLabels)
{
    Telemetry telemetry{"127.0.0.1:0", "logger"};
    telemetry.add("peer_observer_lost_total", "Lost events.", MetricType::counter,
                  [] { return std::vector<Sample>{{3, {{"cause", "ring_full"}}}, {4, {{"cause", "a\"b\\c\nd"}}}}; });
    telemetry.add("peer_observer_waiting", "Waiting events.", MetricType::gauge, [] { return one(0.5); });
    const auto answer = get(telemetry.address(), "/metrics");
    EXPECT_THAT(answer, HasSubstr("# HELP peer_observer_lost_total Lost events.\n"
                                  "# TYPE peer_observer_lost_total counter\n"
                                  "peer_observer_lost_total{cause=\"ring_full\"} 3\n"
                                  "peer_observer_lost_total{cause=\"a\\\"b\\\\c\\nd\"} 4\n"));
    EXPECT_THAT(answer, HasSubstr("# TYPE peer_observer_waiting gauge\npeer_observer_waiting 0.5\n"));
}

// One byte that is not UTF-8 in a label's value, and Prometheus refuses the whole page.
TEST(Telemetry, ReplacesBytesOfLabelsThatAreNotUtf8)
{
    Telemetry telemetry{"127.0.0.1:0", "logger"};
    telemetry.add("peer_observer_waiting", "Waiting events.", MetricType::gauge,
                  [] { return std::vector<Sample>{{1, {{"node", "\xff\xc3\xa9"}}}}; });
    EXPECT_THAT(get(telemetry.address(), "/metrics"),
                HasSubstr("peer_observer_waiting{node=\"\xef\xbf\xbd\xc3\xa9\"} 1\n"));
}

TEST(Telemetry, RefusesASecondMetricOfTheSameName)
{
    Telemetry telemetry{"127.0.0.1:0", "logger"};
    telemetry.add("peer_observer_a", "A.", MetricType::gauge, [] { return one(1); });
    EXPECT_THROW(telemetry.add("peer_observer_a", "A.", MetricType::gauge, [] { return one(1); }), std::logic_error);
    EXPECT_THROW(telemetry.add("not a name", "A.", MetricType::gauge, [] { return one(1); }), std::logic_error);
}

TEST(Telemetry, NamesTheAddressThatIsTaken)
{
    const Telemetry first{"127.0.0.1:0", "logger"};
    try {
        const Telemetry second{first.address(), "logger"};
        FAIL() << "two servers on " << first.address();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(first.address()));
    }
}

TEST(Telemetry, FreesThePortWhenItGoes)
{
    std::string address;
    {
        const Telemetry telemetry{"127.0.0.1:0", "logger"};
        address = telemetry.address();
    }
    EXPECT_EQ(get(address, "/metrics"), "");
}

TEST(Telemetry, ServesOnIPv6WhereTheLibraryCan)
{
    try {
        const Telemetry telemetry{"[::1]:0", "logger"};
        EXPECT_THAT(telemetry.address(), testing::StartsWith("[::1]:"));
        EXPECT_THAT(get(telemetry.address(), "/metrics"), HasSubstr("200 OK"));
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("[::1]:0"));
        GTEST_SKIP() << error.what();
    }
}

TEST(Telemetry, ServesWhileMetricsAreAdded)
{
    Telemetry telemetry{"127.0.0.1:0", "logger"};
    const std::jthread scraper{[&](const std::stop_token& stop) {
        while (!stop.stop_requested())
            EXPECT_THAT(get(telemetry.address(), "/metrics"), HasSubstr("200 OK"));
    }};
    for (int i = 0; i < 200; ++i)
        telemetry.add("peer_observer_gauge_" + std::to_string(i), "A.", MetricType::gauge, [i] { return one(i); });
    EXPECT_EQ(value_of(get(telemetry.address(), "/metrics"), "peer_observer_gauge_199"), 199);
}

} // namespace
} // namespace peer_observer::telemetry
