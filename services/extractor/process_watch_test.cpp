#include "libs/app/testing/log.h"
#include "services/extractor/process_watch.h"

#include <gtest/gtest.h>

namespace peer_observer::extractor {
namespace {

using namespace std::chrono_literals;

Process process(std::uint32_t pid, const std::string& path) { return {{pid, 1}, {}, path}; }

class ProcessWatchTest : public testing::Test {
protected:
    void look(const std::vector<Process>& running, const std::vector<Process>& similar = {}, bool saw_all = true)
    {
        now_ += 1s;
        watch_.update(running, similar, saw_all, now_);
    }

    app::testing::CapturedLog log_;
    ProcessWatch::Clock::time_point now_{};
    ProcessWatch watch_{"/bin/bitcoind"};
};

TEST_F(ProcessWatchTest, ToleratesARestart)
{
    for (int i = 0; i < 10; ++i) {
        for (int second = 0; second < 9; ++second)
            look({});
        look({process(7, "/bin/bitcoind")});
    }
    EXPECT_EQ(log_.warnings(), std::vector<std::string>{});
    EXPECT_EQ(watch_.count(), 1U);
}

TEST_F(ProcessWatchTest, TellsOnceThatNoneRunsAndAgainWhenOthersDo)
{
    for (int second = 0; second < 1000; ++second)
        look({});
    EXPECT_EQ(log_.warnings(), std::vector<std::string>{"no process runs /bin/bitcoind"});
    EXPECT_EQ(watch_.count(), 0U);
    for (int second = 0; second < 1000; ++second)
        look({}, {process(8, "/opt/bitcoin-node")});
    ASSERT_EQ(log_.warnings().size(), 2U);
    EXPECT_EQ(log_.warnings().back(), "no process runs /bin/bitcoind; process 8 runs /opt/bitcoin-node, another file");
}

TEST_F(ProcessWatchTest, LogsOtherProcessesOnceAMinuteAtMost)
{
    for (std::uint32_t second = 0; second < 600; ++second)
        look({}, {process(second + 1, "/opt/bitcoind")});
    EXPECT_LE(log_.warnings().size(), 10U);
}

TEST_F(ProcessWatchTest, DoesNotKnowWhatProcDoesNotShow)
{
    for (int second = 0; second < 100; ++second)
        look({}, {}, false);
    ASSERT_EQ(log_.warnings().size(), 1U);
    EXPECT_TRUE(log_.warnings().front().starts_with("cannot see all processes that run /bin/bitcoind"));
    EXPECT_EQ(watch_.count(), std::nullopt);
    look({process(7, "/bin/bitcoind")}, {}, false);
    EXPECT_EQ(watch_.count(), 1U);
}

} // namespace
} // namespace peer_observer::extractor
