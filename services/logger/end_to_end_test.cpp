// The real program, and publishers in this process.
#include "libs/base/host_port.h"
#include "libs/bus/publisher.h"
#include "libs/telemetry/connect.h"
#include "proto/event.pb.h"
#include "services/logger/process_testing.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace peer_observer::logger {
namespace {

using testing::HasSubstr;

std::string connection(int peer, const std::string& reason = "headers-proof-of-work")
{
    proto::Event event;
    event.set_timestamp_ns(1'740'827'045'000'001'000);
    event.mutable_connection()->mutable_misbehaving()->set_peer_id(peer);
    event.mutable_connection()->mutable_misbehaving()->set_reason(reason);
    return event.SerializeAsString();
}

std::string message(int peer, const std::string& type)
{
    proto::Event event;
    event.mutable_message()->mutable_inbound()->set_peer_id(peer);
    event.mutable_message()->mutable_inbound()->set_message_type(type);
    return event.SerializeAsString();
}

class LoggerTest : public testing::Test {
protected:
    /// The program on that publisher, once it receives.
    std::unique_ptr<Process> start(const std::string& options, const std::string& behind = "")
    {
        auto process = std::make_unique<Process>(command(options) + behind);
        wait_until("the subscriber", [&] { return publisher_.statistics().subscribers == 1; });
        return process;
    }

    std::string command(const std::string& options) const
    {
        return "exec " LOGGER " --source " + publisher_.url() + " " + options;
    }

    void publish(const std::vector<std::string>& events)
    {
        for (const auto& event : events)
            EXPECT_TRUE(publisher_.add(event));
        publisher_.flush();
    }

    bus::Publisher publisher_{{.url = "tcp://127.0.0.1:0", .node = "alpha"}};
};

std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

TEST_F(LoggerTest, PrintsOneLineAnEvent)
{
    const auto logger = start("--count 2");
    publish({connection(1), connection(2, "x\x1b[2J")});
    EXPECT_EQ(logger->wait(), 0);
    EXPECT_EQ(logger->standard_output(),
              "2025-03-01T11:04:05.000001Z alpha connection.misbehaving peer_id=1 reason=headers-proof-of-work\n"
              "2025-03-01T11:04:05.000001Z alpha connection.misbehaving peer_id=2 reason=\"x\\x1b[2J\"\n");
}

TEST_F(LoggerTest, PrintsJsonThatOthersRead)
{
    const auto logger = start("--format json --count 2",
                              " | " PYTHON " -c '"
                              "import json, sys\n"
                              "for line in sys.stdin:\n"
                              "    event = json.loads(line)\n"
                              "    print(event[\"sequence\"], event[\"kind\"], ascii(event[\"event\"][\"reason\"]))'");
    publish({connection(1, "a\"b\\\n"), connection(2, "\xc3\xbc")});
    EXPECT_EQ(logger->wait(), 0) << logger->standard_error();
    EXPECT_EQ(logger->standard_output(), "0 connection.misbehaving 'a\"b\\\\\\n'\n1 connection.misbehaving '\\xfc'\n");
}

TEST_F(LoggerTest, PrintsProtobufThatOthersRead)
{
    const auto logger = start("--format protobuf --count 3");
    publish({connection(1), connection(2), connection(3)});
    EXPECT_EQ(logger->wait(), 0);
    const auto out = logger->standard_output();
    google::protobuf::io::ArrayInputStream stream{out.data(), static_cast<int>(out.size())};
    proto::EventBatch batch;
    ASSERT_TRUE(google::protobuf::util::ParseDelimitedFromZeroCopyStream(&batch, &stream, nullptr));
    EXPECT_EQ(stream.ByteCount(), static_cast<std::int64_t>(out.size()));
    EXPECT_EQ(batch.publisher_id(), publisher_.id());
    ASSERT_EQ(batch.events_size(), 3);
    EXPECT_EQ(batch.events(2).SerializeAsString(), connection(3));
}

TEST_F(LoggerTest, PrintsWhatTheFiltersSelect)
{
    const auto logger =
        start("--count 2 --kind message --message-type inv --message-type tx --peer 1 --direction inbound");
    publish({connection(1), message(1, "ping"), message(1, "inv"), message(2, "inv"), message(1, "tx")});
    EXPECT_EQ(logger->wait(), 0);
    const auto out = logger->standard_output();
    EXPECT_EQ(lines(out), 2);
    EXPECT_THAT(out, HasSubstr("message.inbound peer_id=1 message_type=inv "));
    EXPECT_THAT(out, HasSubstr("message.inbound peer_id=1 message_type=tx "));
}

TEST_F(LoggerTest, PrintsTheChosenNodeOfManySources)
{
    bus::Publisher other{{.url = "tcp://127.0.0.1:0", .node = "beta"}};
    const auto logger = start("--node beta --count 1 --source " + other.url());
    wait_until("the subscriber", [&] { return other.statistics().subscribers == 1; });
    publish({connection(1)});
    EXPECT_TRUE(other.add(connection(2)));
    other.flush();
    EXPECT_EQ(logger->wait(), 0);
    EXPECT_THAT(logger->standard_output(), HasSubstr("Z beta connection.misbehaving peer_id=2 "));
}

TEST_F(LoggerTest, EndsAfterTheDurationThoughNobodyPublishes)
{
    Process logger{"exec " LOGGER " --source ipc:///nowhere/socket --duration 0.05"};
    EXPECT_EQ(logger.wait(), 0) << logger.standard_error();
    EXPECT_EQ(logger.standard_output(), "");
}

TEST_F(LoggerTest, EndsWhenTheReaderGoesThoughNoEventFollows)
{
    Process pipeline{"set -o pipefail; " LOGGER " --source " + publisher_.url() + " | head -1"};
    wait_until("the subscriber", [&] { return publisher_.statistics().subscribers == 1; });
    publish({connection(1), connection(2)});
    EXPECT_EQ(pipeline.wait(), 0) << pipeline.standard_error();
    EXPECT_EQ(lines(pipeline.standard_output()), 1);
    EXPECT_EQ(lines(pipeline.standard_error()), 1) << pipeline.standard_error(); // that the source is connected
}

TEST_F(LoggerTest, ShowsEventsAtOnceAndEndsOnSignals)
{
    for (const int signal : {SIGTERM, SIGINT}) {
        const auto logger = start("");
        publish({connection(1), connection(2), connection(3)});
        wait_until("three lines", [&] { return lines(logger->standard_output()) == 3; });
        logger->send(signal);
        EXPECT_EQ(logger->wait(), 0);
        EXPECT_EQ(lines(logger->standard_output()), 3);
        wait_until("its end", [&] { return publisher_.statistics().subscribers == 0; });
    }
}

TEST_F(LoggerTest, FailsWhenItCannotWrite)
{
    const auto logger = start("> /dev/full");
    publish({connection(1)});
    EXPECT_EQ(logger->wait(), 1);
    EXPECT_THAT(logger->standard_error(), HasSubstr("cannot write the events: No space left on device"));
}

TEST_F(LoggerTest, ServesItsMetrics)
{
    const auto logger = start("--metrics-address 127.0.0.1:0");
    publish({connection(1), connection(2)});
    wait_until("two lines", [&] { return lines(logger->standard_output()) == 2; });

    const auto log = logger->standard_error();
    const std::string prefix = "metrics on http://";
    const auto start = log.find(prefix);
    ASSERT_NE(start, std::string::npos) << log;
    const auto address = log.substr(start + prefix.size(), log.find("/metrics", start) - start - prefix.size());
    const int socket_fd = telemetry::connect_to(base::parse_host_port(address).value());
    ASSERT_GE(socket_fd, 0) << address;
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    ASSERT_EQ(send(socket_fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = recv(socket_fd, buffer.data(), buffer.size(), 0)) > 0;)
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    close(socket_fd);
    EXPECT_THAT(answer, HasSubstr("peer_observer_build_info{service=\"logger\""));
    EXPECT_THAT(answer, HasSubstr("\npeer_observer_bus_received_events_total 2\n"));
    EXPECT_THAT(answer, HasSubstr("\npeer_observer_logger_printed_events_total 2\n"));
    EXPECT_THAT(answer, HasSubstr("\npeer_observer_bus_connected_sources 1\n"));
}

TEST(Logger, ExplainsWrongUsage)
{
    for (const auto& [options, part] :
         {std::pair{"--kind mempol", "'mempol'; there are events_lost, message.inbound, "},
          {"--format xml", "'xml'"},
          {"--direction up", "'up'"},
          {"--count -1", "--count"},
          {"--duration 0", "--duration"},
          {"--peer x", "--peer"},
          {"--metrics-address 9332", "`9332`"},
          {"--source tls+tcp://127.0.0.1:1", "--tls-ca-file"},
          {"--verbose", "'--verbose'"}}) {
        Process logger{"exec " LOGGER " " + std::string{options}};
        EXPECT_EQ(logger.wait(), 2) << options;
        EXPECT_EQ(lines(logger.standard_error()), 1) << logger.standard_error();
        EXPECT_THAT(logger.standard_error(), HasSubstr(part));
        EXPECT_EQ(logger.standard_output(), "");
    }
}

} // namespace
} // namespace peer_observer::logger
