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

    std::vector<std::string> warnings_;
    ProcessWatch::Clock::time_point now_{};
    ProcessWatch watch_{"/bin/bitcoind", [this](bool is_warning, const std::string& line) {
                            if (is_warning) warnings_.push_back(line);
                        }};
};

TEST_F(ProcessWatchTest, ToleratesARestart)
{
    for (int i = 0; i < 10; ++i) {
        for (int second = 0; second < 9; ++second)
            look({});
        look({process(7, "/bin/bitcoind")});
    }
    EXPECT_EQ(warnings_, std::vector<std::string>{});
    EXPECT_EQ(watch_.count(), 1U);
}

TEST_F(ProcessWatchTest, TellsOnceThatNoneRunsAndAgainWhenOthersDo)
{
    for (int second = 0; second < 1000; ++second)
        look({});
    EXPECT_EQ(warnings_, std::vector<std::string>{"no process runs /bin/bitcoind"});
    EXPECT_EQ(watch_.count(), 0U);
    for (int second = 0; second < 1000; ++second)
        look({}, {process(8, "/opt/bitcoin-node")});
    ASSERT_EQ(warnings_.size(), 2U);
    EXPECT_EQ(warnings_.back(), "no process runs /bin/bitcoind; process 8 runs /opt/bitcoin-node, another file");
}

TEST_F(ProcessWatchTest, OthersThatComeAndGoMakeALineAMinuteAtMost)
{
    for (std::uint32_t second = 0; second < 600; ++second)
        look({}, {process(second + 1, "/opt/bitcoind")});
    EXPECT_LE(warnings_.size(), 10U);
}

TEST_F(ProcessWatchTest, DoesNotKnowWhatProcDoesNotShow)
{
    for (int second = 0; second < 100; ++second)
        look({}, {}, false);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_TRUE(warnings_.front().starts_with("cannot see all processes that run /bin/bitcoind"));
    EXPECT_EQ(watch_.count(), std::nullopt);
    look({process(7, "/bin/bitcoind")}, {}, false);
    EXPECT_EQ(watch_.count(), 1U);
}

} // namespace
} // namespace peer_observer::extractor
