#include "libs/app/testing/log.h"
#include "libs/archive/archive_testing.h"
#include "libs/base/replace_file.h"
#include "services/clickhouse/spool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace peer_observer::clickhouse {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SpoolTest : public testing::Test {
protected:
    SpoolOptions options(std::uint64_t most_bytes = 1'000'000) const
    {
        return {.folder = folder_ / "spool", .most_bytes = most_bytes, .file_bytes = 1 << 20, .file_time = 0ms};
    }

    static void add(Spool& spool, std::uint64_t first, std::uint64_t count, std::uint64_t missed = 0)
    {
        const auto bytes = archive::testing::make_batch(first, count).SerializeAsString();
        bus::Batch batch{events::parse_batch(bytes).value()};
        batch.missed = missed;
        spool.add(batch);
    }

    static void write(Spool& spool) { spool.tick(std::chrono::steady_clock::now()); }

    /// What the files have, in their order: `0-4` for events, `CAUSE 5-7` for a gap.
    static std::vector<std::string> content(Spool& spool)
    {
        std::vector<std::string> found;
        for (const auto& file : spool.take(0ms, 1'000'000)) {
            archive::Reader reader{file.path};
            for (auto chunk = reader.next(); chunk; chunk = reader.next()) {
                if (chunk->kind == archive::Chunk::Kind::gap)
                    found.push_back(fmt::format("{} {}-{}", proto::ArchiveGap::Cause_Name(chunk->gap.cause()),
                                                chunk->gap.first_sequence(), archive::end_sequence(chunk->gap) - 1));
                for (const auto& batch : chunk->batches)
                    found.push_back(
                        fmt::format("{}-{}", batch.first_sequence, batch.first_sequence + batch.event_count - 1));
            }
        }
        return found;
    }

    archive::testing::TemporaryFolder folder_;
    Counters counters_;
};

TEST_F(SpoolTest, TellsWhatWasPublishedBetweenTwoRuns)
{
    {
        Spool spool{options(), counters_};
        add(spool, 0, 5);
        spool.close();
    }
    Spool spool{options(), counters_};
    add(spool, 8, 2);
    write(spool);
    EXPECT_THAT(content(spool), ElementsAre("0-4", "NOT_RUNNING 5-7", "8-9"));
    EXPECT_EQ(counters_.not_running, 3U);
}

TEST_F(SpoolTest, KnowsWhatItHadStoredWhenItsFilesAreGone)
{
    {
        Spool spool{options(), counters_};
        add(spool, 0, 5);
        spool.close();
        spool.remove(1);
    }
    Spool spool{options(), counters_};
    EXPECT_THAT(content(spool), IsEmpty());
    add(spool, 6, 1);
    write(spool);
    EXPECT_THAT(content(spool), ElementsAre("NOT_RUNNING 5-5", "6-6"));
}

TEST_F(SpoolTest, TellsWhatItDidNotReceive)
{
    Spool spool{options(), counters_};
    add(spool, 0, 5);
    add(spool, 7, 2, 2);
    write(spool);
    EXPECT_THAT(content(spool), ElementsAre("NOT_RECEIVED 5-6", "0-4", "7-8"));
    EXPECT_EQ(counters_.not_received, 2U);
}

TEST_F(SpoolTest, CountsWhatComesWhileItIsFullAndTellsItWhenThereIsRoom)
{
    Spool spool{options(1), counters_};
    add(spool, 0, 5);
    write(spool);
    add(spool, 5, 5);
    add(spool, 10, 5);
    write(spool);
    EXPECT_THAT(content(spool), ElementsAre("0-4"));
    EXPECT_EQ(counters_.not_stored, 10U);
    spool.remove(1);
    add(spool, 15, 5);
    write(spool);
    EXPECT_THAT(content(spool), ElementsAre("NOT_WRITTEN 5-14", "15-19"));
}

TEST_F(SpoolTest, ContinuesAfterAKillBetweenTheFileAndItsListOfPublishers)
{
    const auto publishers = folder_ / "spool" / "publishers";
    std::string before;
    {
        Spool spool{options(), counters_};
        add(spool, 0, 5);
        spool.close();
        before = base::read_regular_file(publishers, 1'000).value();
        add(spool, 5, 5);
        spool.close();
    }
    ASSERT_FALSE(base::replace_file(publishers, before, base::Outlives::process));
    Spool spool{options(), counters_};
    add(spool, 10, 5);
    write(spool);
    EXPECT_THAT(content(spool), ElementsAre("0-4", "5-9", "10-14"));
}

TEST_F(SpoolTest, SaysThatItsListOfPublishersIsDamaged)
{
    {
        Spool spool{options(), counters_};
        add(spool, 0, 5);
        spool.close();
    }
    const auto publishers = folder_ / "spool" / "publishers";
    const auto whole = base::read_regular_file(publishers, 1'000).value();
    for (const auto& text : {std::string{}, whole.substr(0, whole.size() - 1), whole + "x", std::string{"x\n"}}) {
        ASSERT_FALSE(base::replace_file(publishers, text, base::Outlives::process));
        const app::testing::CapturedLog log;
        const Spool spool{options(), counters_};
        EXPECT_TRUE(log.contains("publishers: damaged")) << text;
    }
    ASSERT_FALSE(base::replace_file(publishers, whole, base::Outlives::process));
    const app::testing::CapturedLog log;
    const Spool spool{options(), counters_};
    EXPECT_FALSE(log.contains("damaged"));
}

TEST_F(SpoolTest, IsNotUsedByTwoProcesses)
{
    const Spool spool{options(), counters_};
    EXPECT_THROW((Spool{options(), counters_}), std::runtime_error);
}

} // namespace
} // namespace peer_observer::clickhouse
