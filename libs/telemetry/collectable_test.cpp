#include "libs/base/host_port.h"
#include "libs/telemetry/connect.h"
#include "libs/telemetry/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace peer_observer::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string get_metrics(const std::string& address)
{
    const int socket_fd = connect_to(base::parse_host_port(address).value());
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    EXPECT_EQ(send(socket_fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = recv(socket_fd, buffer.data(), buffer.size(), 0)) > 0;)
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    close(socket_fd);
    return answer;
}

TEST(Telemetry, ServesACollectableAsLongAsItLives)
{
    Telemetry telemetry{"127.0.0.1:0", "metrics"};
    auto registry = std::make_shared<prometheus::Registry>();
    telemetry.add(registry);
    prometheus::BuildCounter().Name("tests_total").Register(*registry).Add({}).Increment(3);
    EXPECT_THAT(get_metrics(telemetry.address()), HasSubstr("\ntests_total 3\n"));
    EXPECT_THAT(get_metrics(telemetry.address()), HasSubstr("\nprocess_open_fds "));
    registry.reset();
    EXPECT_THAT(get_metrics(telemetry.address()), Not(HasSubstr("tests_total")));
}

} // namespace
} // namespace peer_observer::telemetry
