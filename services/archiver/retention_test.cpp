// What --keep-size and --keep-days delete, and what they do not.
#include "libs/archive/recovery.h"
#include "services/archiver/archiver_testing.h"

#include <gmock/gmock.h>

namespace peer_observer::archiver {
namespace {

using namespace testing;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMebibyte = 1U << 20U;

/// Of what the test's clock shows.
std::filesystem::file_time_type ago(std::chrono::file_clock::duration age)
{
    return std::chrono::file_clock::from_sys(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
               std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{kStart}})) -
           age;
}

class Retention : public ::testing::Test {
protected:
    /// Files of one publisher each, closed so long ago.
    std::vector<std::filesystem::path> write_files(const std::vector<days>& ages)
    {
        {
            Archiver archiver{folder_.path()};
            for (std::uint64_t i = 0; i < ages.size(); ++i)
                archiver.add(make_batch(0, 10, "alice", i));
            archiver.recorder.close();
        }
        auto files = files_in(folder_.path());
        for (std::size_t i = 0; i < ages.size(); ++i)
            std::filesystem::last_write_time(files[i], ago(ages[i]));
        return files;
    }

    static RecorderOptions keep(days age) { return {.limits = {.bytes = 0, .age = age}}; }

    TemporaryFolder folder_;
};

TEST_F(Retention, DeletesTheOldestFilesWhenThereIsTooMuch)
{
    Archiver archiver{
        folder_.path(), {.frame_bytes = 1, .file_bytes = 16 << 10}, {.limits = {.bytes = 60 << 10, .age = {}}}};
    for (std::uint64_t i = 0; i < 100; ++i) {
        archiver.add(make_batch(i * 50, 50));
        archiver.clock.now += 11s;
        archiver.recorder.tick();
    }
    archiver.recorder.close();
    EXPECT_GT(archiver.counters.deleted_files, 0U);
    EXPECT_LE(archiver.counters.archive_bytes, 60U << 10U);
    const auto found = read_folder(folder_.path());
    ASSERT_FALSE(found.sequences.empty());
    EXPECT_EQ(found.sequences.back(), 4999U);
    EXPECT_EQ(found.sequences.back() - found.sequences.front() + 1, found.sequences.size());
}

TEST_F(Retention, DeletesOldFiles)
{
    {
        Archiver archiver{folder_.path()};
        archiver.add(make_batch(0, 10, "alice", 1));
        archiver.add(make_batch(0, 10, "alice", 2));
        archiver.recorder.close();
    }
    const auto files = files_in(folder_.path());
    ASSERT_THAT(files, SizeIs(2));
    const auto start =
        std::chrono::file_clock::from_sys(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
            std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{kStart}}));
    std::filesystem::last_write_time(files[0], start - std::chrono::days{8});
    std::filesystem::last_write_time(files[1], start - std::chrono::days{6});
    Archiver archiver{folder_.path(), {}, {.limits = {.bytes = 0, .age = std::chrono::days{7}}}};
    EXPECT_THAT(files_in(folder_.path()), ElementsAre(files[1]));
}

TEST_F(Retention, KeepsHistoryWhenFilesCouldOutgrowTheLimit)
{
    // The case of the review: four publishers whose files may have 3 MiB each, and 4 MiB to keep.
    Archiver archiver{folder_.path(),
                      {.frame_bytes = 1, .file_bytes = 3 * kMebibyte},
                      {.limits = {.bytes = 4 * kMebibyte, .age = {}}}};
    std::uint64_t most = 0;
    for (std::uint64_t round = 0; round < 700; ++round) {
        for (std::uint64_t publisher = 0; publisher < 4; ++publisher)
            archiver.add(make_batch(round * 200, 200, "alice", publisher));
        archiver.clock.now += 1s;
        archiver.recorder.tick();
        most = std::max<std::uint64_t>(most, archiver.counters.archive_bytes);
    }
    archiver.recorder.close();
    EXPECT_GT(archiver.counters.deleted_files, 0U);
    EXPECT_LE(most, 4 * kMebibyte);
    EXPECT_GT(archiver.counters.archive_bytes, 2 * kMebibyte) << "most of what may be kept is kept";
}

TEST_F(Retention, SaysThatTheLimitIsTooSmallForThePublishers)
{
    Archiver archiver{folder_.path(), {.frame_bytes = 1}, {.limits = {.bytes = kMebibyte, .age = {}}}};
    for (std::uint64_t publisher = 0; publisher < 4; ++publisher)
        archiver.add(make_batch(0, 10, "alice", publisher));
    archiver.recorder.tick();
    EXPECT_TRUE(archiver.logged("--keep-size 1 MiB is too small for 4 publishers"));
}

TEST_F(Retention, CountsAndDeletesDamagedFiles)
{
    const auto files = write_files({days{8}, days{1}});
    const auto damaged = files[0].native() + ".damaged";
    std::filesystem::rename(files[0], damaged);
    Archiver archiver{folder_.path(), {}, keep(days{30})};
    EXPECT_EQ(archiver.counters.archive_bytes,
              std::filesystem::file_size(damaged) + std::filesystem::file_size(files[1]));
    archiver.recorder.close();
    Directory::Limits limits{.bytes = 0, .age = days{7}};
    archiver.directory.retain(limits, ago({}));
    EXPECT_FALSE(std::filesystem::exists(damaged));
    EXPECT_TRUE(std::filesystem::exists(files[1]));
}

TEST_F(Retention, LeavesFilesOfOthersAlone)
{
    const auto files = write_files({days{100}, days{1}});
    for (const char* name :
         {"merged.poa.zst", "20261122T233734.123456Z-00000000000000ab-copy.poa.zst", "notes.damaged"}) {
        write_file(folder_ / "alice" / name, std::string(10'000, 'x'));
        std::filesystem::last_write_time(folder_ / "alice" / name, ago(days{200}));
    }
    Archiver archiver{folder_.path(), {}, keep(days{30})};
    EXPECT_FALSE(std::filesystem::exists(files[0]));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "alice/merged.poa.zst"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "alice/20261122T233734.123456Z-00000000000000ab-copy.poa.zst"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "alice/notes.damaged"));
    EXPECT_EQ(archiver.counters.archive_bytes, std::filesystem::file_size(files[1])) << "nor do they count";
}

// A clock without a battery is years off until the time is set by the network.
TEST_F(Retention, DoesNotTrustAClockThatIsAheadAtTheStart)
{
    (void)write_files({days{3650 + 20}, days{3650 + 1}});
    Archiver archiver{folder_.path(), {}, keep(days{30})};
    archiver.clock.now += 1min;
    archiver.recorder.tick();
    EXPECT_THAT(files_in(folder_.path()), SizeIs(2));
    archiver.clock.now += days{15}; // continues from the time of the newest file
    archiver.recorder.tick();
    EXPECT_THAT(files_in(folder_.path()), SizeIs(1));
}

TEST_F(Retention, DoesNotTrustAClockThatJumpsAhead)
{
    (void)write_files({days{20}, days{1}});
    Archiver archiver{folder_.path(), {}, keep(days{30})};
    archiver.clock.wall += std::uint64_t{3650} * 86'400'000 * kMillisecond;
    archiver.clock.now += 1min;
    archiver.recorder.tick();
    EXPECT_THAT(files_in(folder_.path()), SizeIs(2));
}

TEST_F(Retention, DeletesNothingByAClockThatIsBehind)
{
    (void)write_files({days{-3650}, days{-3649}});
    Archiver archiver{folder_.path(), {}, keep(days{30})};
    EXPECT_THAT(files_in(folder_.path()), SizeIs(2));
}

TEST_F(Retention, RepairKeepsTheTimeOfAFile)
{
    const auto files = write_files({days{8}});
    auto bytes = read_file(files[0]);
    bytes[bytes.size() - 200] ^= 1;
    write_file(files[0], bytes);
    std::filesystem::last_write_time(files[0], ago(days{8}));
    (void)archive::rewrite_file(files[0], kStart);
    EXPECT_EQ(std::filesystem::last_write_time(files[0]), ago(days{8}));
}

} // namespace
} // namespace peer_observer::archiver
