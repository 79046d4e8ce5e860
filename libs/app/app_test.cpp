#include "libs/app/app.h"
#include "libs/bus/subscriber.h"
#include "proto/event.pb.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace peer_observer::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Body = std::function<void(const boost::program_options::variables_map&, Context&)>;

struct Result {
    int status = -1;
    std::string standard_output;
    std::string standard_error;
};

int run_tool(std::vector<std::string> words, const Body& body)
{
    words.insert(words.begin(), "peer-observer-tool");
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    const Service service{.name = "tool", .description = "Does a thing.", .example = "peer-observer-tool"};
    return run(static_cast<int>(argv.size()), argv.data(), service, body);
}

Result run_captured(const std::vector<std::string>& words, const Body& body)
{
    Result result;
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    result.status = run_tool(words, body);
    result.standard_output = ::testing::internal::GetCapturedStdout();
    result.standard_error = ::testing::internal::GetCapturedStderr();
    return result;
}

void unreachable(const boost::program_options::variables_map& /*options*/, Context& /*context*/)
{
    ADD_FAILURE() << "the service ran";
}

/// JOURNAL_STREAM as systemd sets it for what is stderr now.
void pretend_journald()
{
    struct stat self{};
    fstat(STDERR_FILENO, &self);
    setenv("JOURNAL_STREAM", fmt::format("{}:{}", self.st_dev, self.st_ino).c_str(), 1);
}

TEST(Run, LeavesItToTheServiceToTellWhatDoesNotParse)
{
    const auto result = run_captured({}, [](const auto& /*options*/, Context& /*context*/) {
        proto::EventBatch batch;
        batch.set_node("\xFF"); // is no UTF-8
        EXPECT_FALSE(batch.ParseFromString(batch.SerializeAsString()));
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.standard_error, "");
}

TEST(Run, TellsWhatCouldNotBeDoneAsAnError)
{
    const auto result = run_captured({}, [](const auto& /*options*/, Context& /*context*/) {
        throw IncompleteError{"2 places are damaged; the rest was printed"};
    });
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.standard_error, HasSubstr("error 2 places are damaged; the rest was printed\n"));
}

TEST(Run, RefusesAConfigFileThatCannotBeLookedAtInOneLine)
{
    const std::string loop = ::testing::TempDir() + "config_loop." + std::to_string(getpid());
    ASSERT_EQ(symlink(loop.c_str(), loop.c_str()), 0);
    for (const auto& path : {loop, "/" + std::string(300, 'x')}) { // ELOOP, ENAMETOOLONG
        const auto result = run_captured({"--config", path}, unreachable);
        EXPECT_EQ(result.status, 2);
        EXPECT_THAT(result.standard_error, ::testing::StartsWith("peer-observer-tool: --config " + path + ": "));
        EXPECT_EQ(std::ranges::count(result.standard_error, '\n'), 1);
    }
    unlink(loop.c_str());
}

TEST(Run, TakesEveryLevelThatLogLinesShow)
{
    for (const char* level : {"trace", "debug", "info", "warn", "warning", "error", "critical"}) {
        const auto result = run_captured({"--log-level", level}, [&](const auto& /*options*/, Context& /*context*/) {
            EXPECT_EQ(spdlog::default_logger()->level(), spdlog::level::from_str(level));
        });
        EXPECT_EQ(result.status, 0) << result.standard_error;
    }
}

TEST(Run, AnswersVersionOnStdoutAndDoesNothingElse)
{
    const auto result = run_captured({"--version"}, unreachable);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.standard_output, "peer-observer-tool " PEER_OBSERVER_VERSION "\n");
    EXPECT_EQ(result.standard_error, "");
}

TEST(Run, EndsWithOneLineAndStatus2AfterWrongUsage)
{
    const auto result = run_captured({"--colour"}, unreachable);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.standard_output, "");
    EXPECT_EQ(result.standard_error, "peer-observer-tool: unrecognised option '--colour' (see --help)\n");
}

TEST(Run, RefusesAnUnknownLogLevel)
{
    const auto result = run_captured({"--log-level", "loud"}, unreachable);
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.standard_error, HasSubstr("'loud'"));
}

TEST(Run, EndsWithStatus2WhenTheServiceFindsWrongUsage)
{
    const auto result = run_captured({}, [](const auto&, Context&) { throw UsageError{"--size is odd"}; });
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.standard_error, "peer-observer-tool: --size is odd (see --help)\n");
}

TEST(Run, EndsWithStatus2ForAnUrlThatCannotWork)
{
    const auto result =
        run_captured({}, [](const auto&, Context&) { bus::Subscriber{{.sources = {"tcp://nowhere"}}}; });
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.standard_error, HasSubstr("bad URL \"tcp://nowhere\""));
}

TEST(Run, EndsWithOneLineAndStatus1WhenTheServiceFails)
{
    const auto result = run_captured({}, [](const auto&, Context&) { throw std::runtime_error{"no\nluck"}; });
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.standard_error, MatchesRegex("[^\n]* critical no\\\\x0aluck\n"));
}

TEST(Run, LogsOneLineAnEventToStderr)
{
    const auto result = run_captured({}, [](const auto&, Context&) {
        spdlog::debug("hidden");
        spdlog::info("peer {} says {}", 1, "\x1b[31mhi\r\n\x7f");
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.standard_output, "");
    EXPECT_THAT(result.standard_error, MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9:]+\\.[0-9]+Z info peer 1 says "
                                                    "\\\\x1b\\[31mhi\\\\x0d\\\\x0a\\\\x7f\n"));
}

TEST(Run, ShowsWhatTheLogLevelAsksFor)
{
    const Body body = [](const auto&, Context&) {
        spdlog::trace("fine");
        spdlog::warn("strange");
    };
    EXPECT_THAT(run_captured({"--log-level", "trace"}, body).standard_error, HasSubstr("trace fine\n"));
    EXPECT_EQ(run_captured({"--log-level", "error"}, body).standard_error, "");
}

TEST(Run, LogsPrioritiesWithoutTimeToJournald)
{
    ::testing::internal::CaptureStderr();
    pretend_journald();
    run_tool({"--log-level", "debug"}, [](const auto&, Context&) {
        spdlog::debug("a");
        spdlog::info("b");
        spdlog::warn("c");
        spdlog::error("d");
        throw std::runtime_error{"e"};
    });
    unsetenv("JOURNAL_STREAM");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "<7>a\n<6>b\n<4>c\n<3>d\n<2>e\n");
}

TEST(Run, LogsForPeopleWhenStderrIsNoLongerJournalds)
{
    setenv("JOURNAL_STREAM", "1:1", 1);
    const auto result = run_captured({}, [](const auto&, Context&) { spdlog::info("b"); });
    unsetenv("JOURNAL_STREAM");
    EXPECT_THAT(result.standard_error, HasSubstr("Z info b\n"));
}

TEST(Run, NotesTheFirstStopSignal)
{
    for (const int signal : {SIGTERM, SIGINT}) {
        const auto result = run_captured({}, [signal](const auto&, Context& context) {
            pollfd waiting{context.stop_fd(), POLLIN, 0};
            EXPECT_FALSE(context.stopping());
            EXPECT_EQ(poll(&waiting, 1, 0), 0);
            raise(signal);
            EXPECT_TRUE(context.stopping());
            EXPECT_EQ(poll(&waiting, 1, 0), 1);
            EXPECT_EQ(poll(&waiting, 1, 0), 1) << "it stays readable";
        });
        EXPECT_EQ(result.status, 0);
    }
}

using RunDeathTest = ::testing::Test;

TEST(RunDeathTest, EndsAtOnceOnTheSecondStopSignal)
{
    const auto stop_twice = [](int second) {
        std::exit(run_tool({}, [second](const auto&, Context&) {
            raise(SIGTERM);
            raise(second);
        }));
    };
    EXPECT_EXIT(stop_twice(SIGTERM), ::testing::ExitedWithCode(128 + SIGTERM), "");
    EXPECT_EXIT(stop_twice(SIGINT), ::testing::ExitedWithCode(128 + SIGINT), "");
}

TEST(Run, OutlivesAClosedPipe)
{
    const auto result = run_captured({}, [](const auto&, Context&) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        close(ends[0]);
        EXPECT_EQ(write(ends[1], "x", 1), -1);
        EXPECT_EQ(errno, EPIPE);
        close(ends[1]);
    });
    EXPECT_EQ(result.status, 0);
}

} // namespace
} // namespace peer_observer::app
