// SIGKILL at random moments, and disks that are full.
#include "libs/archive/record.h"
#include "services/archiver/archiver_testing.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <new>
#include <random>

namespace peer_observer::archiver {
namespace {

using namespace testing;

/// What the process that will be killed tells.
struct Shared {
    std::atomic<std::uint64_t> added;  ///< events given to the archiver
    std::atomic<std::uint64_t> synced; ///< of this run: events that it has synced
};

[[noreturn]] void record_until_killed(const std::filesystem::path& folder, Shared& shared)
{
    Archiver archiver{
        folder, {.frame_bytes = 16 << 10, .sync = SyncPolicy::each_frame, .file_bytes = 200 << 10}, {}, 2};
    for (;;) {
        const std::uint64_t first = shared.added;
        shared.added = first + 40; // before: it may be killed with the batch on disk
        archiver.add(make_batch(first, 40));
        archiver.clock.now += 900ms; // a frame of eight batches is in the journal from the third on
        archiver.recorder.tick();
        shared.synced = archiver.counters.written_events.load();
    }
}

// 200 with PEER_OBSERVER_LONG_TESTS=1.
TEST(Crash, KeepsAllSyncedEventsWhenKilledAtAnyMoment)
{
    const TemporaryFolder folder;
    const int rounds = std::getenv("PEER_OBSERVER_LONG_TESTS") != nullptr ? 200 : 20;
    void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    auto& shared = *new (memory) Shared{};
    std::mt19937 random{std::random_device{}()};
    std::uint64_t found_before = 0;

    for (int round = 0; round < rounds; ++round) {
        shared.synced = 0;
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            try {
                record_until_killed(folder.path(), shared);
            } catch (const std::exception& error) {
                fprintf(stderr, "%s\n", error.what());
            }
            _exit(1);
        }
        // A publisher of which nothing is on disk is not known to the next start: the first round gets that far.
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (round == 0 && shared.synced == 0 && std::chrono::steady_clock::now() < deadline)
            usleep(1000);
        usleep(static_cast<useconds_t>(random() % 60'000));
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";

        // The next start, which has nothing to add.
        Archiver archiver{folder.path()};
        for (const auto& file : files_in(folder.path()))
            ASSERT_FALSE(archive::is_open_archive(file)) << file;
        const auto found = read_folder(folder.path());
        ASSERT_TRUE(found.problems.empty()) << "round " << round << ": " << found.problems.front();
        ASSERT_GE(found.events.size(), found_before + shared.synced) << "round " << round;
        found_before = found.events.size();
    }
    const std::uint64_t added = shared.added;
    {
        Archiver archiver{folder.path()};
        archiver.add(make_batch(added, 1)); // makes the last loss seen
        archiver.recorder.close();
    }
    const auto found = read_folder(folder.path());
    expect_complete(found, added + 1);
    EXPECT_GT(found.events.size(), 0U);
    for (const auto& gap : found.gaps)
        EXPECT_EQ(gap.cause(), proto::ArchiveGap::NOT_RUNNING);
    munmap(memory, sizeof(Shared));
}

// The message of a peer that holds a gap record of a number far ahead, in the frame that the crash tore: the archiver
// went on as if all below it were there already.
TEST(Crash, IgnoresGapForgedInTornFrame)
{
    const TemporaryFolder folder;
    std::mt19937 random{7};
    std::string raw(800'000, '\0');
    std::ranges::generate(raw, [&] { return static_cast<char>(random()); });
    auto gap = make_gap(std::uint64_t{1} << 62U, 1);
    gap.mutable_source()->set_node("x");
    gap.mutable_source()->set_publisher_id(1);
    raw.insert(raw.size() / 2, archive::encode_record(archive::RecordType::gap, gap.SerializeAsString()));
    {
        Archiver archiver{folder.path(), {.frame_bytes = 1}};
        archiver.add(make_batch(0, 10));
        auto batch = make_batch(10, 1);
        batch.mutable_events(0)->mutable_message()->mutable_inbound()->set_raw(raw);
        archiver.add(batch);
        while (archiver.counters.written_events < 11)
            archiver.recorder.tick();
    } // killed: the file stays open
    const auto file = files_in(folder.path()).front();
    ASSERT_TRUE(archive::is_open_archive(file));
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100'000);

    Archiver archiver{folder.path()};
    archiver.add(make_batch(11, 1020));
    archiver.recorder.close();
    EXPECT_EQ(archiver.counters.written_events, 1020U);
    EXPECT_EQ(archiver.counters.duplicate_events, 0U);
    const auto found = read_folder(folder.path());
    expect_complete(found, 1031);
    ASSERT_EQ(found.gaps.size(), 1U);
    EXPECT_EQ(found.gaps[0].first_sequence(), 10U) << "the event of the torn frame";
    EXPECT_EQ(found.gaps[0].cause(), proto::ArchiveGap::NOT_RUNNING);
}

/// Adds batches until `done`, as a node does that does not care about the disk.
template <typename Done>
void add_until(Archiver& archiver, std::uint64_t& next, const Done& done)
{
    for (int i = 0; i < 100'000 && !done(); ++i) {
        archiver.add(make_batch(next, 40));
        next += 40;
        archiver.clock.now += 10s;
        archiver.recorder.tick();
    }
    ASSERT_TRUE(done());
}

void fill_and_make_room(const std::filesystem::path& folder, const StreamOptions& options,
                        const std::function<void()>& make_room)
{
    std::uint64_t next = 0;
    {
        Archiver archiver{folder, options};
        const auto& counters = archiver.counters;
        add_until(archiver, next, [&] { return counters.failing_streams == 1 && counters.not_written_events > 1000; });
        EXPECT_GT(counters.write_errors, 0U);
        EXPECT_TRUE(archiver.logged("cannot write the events of alice"));
        for (const auto& file : files_in(folder))
            EXPECT_TRUE(read_all(file).problems.empty()) << file;
        make_room();
        const std::uint64_t written = counters.written_events;
        add_until(archiver, next, [&] { return counters.written_events > written + 1000; });
        EXPECT_EQ(counters.failing_streams, 0U);
        EXPECT_TRUE(archiver.logged("writing the events of alice to " + folder.native() + " again"));
        archiver.recorder.close();
    }
    const auto found = read_folder(folder);
    expect_complete(found, next);
    ASSERT_FALSE(found.gaps.empty());
    for (const auto& gap : found.gaps)
        EXPECT_EQ(gap.cause(), proto::ArchiveGap::NOT_WRITTEN);
}

TEST(FullDisk, CostsOnlyWhatDoesNotFitAndIsRecorded)
{
    const TemporaryFolder folder;
    const auto disk = folder / "disk";
    std::filesystem::create_directory(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) GTEST_SKIP() << "cannot mount a small tmpfs";
    const auto ballast = disk / "ballast";
    write_file(ballast, std::string(100'000, 'x'));
    fill_and_make_room(disk / "archive", {.frame_bytes = 8 << 10},
                       [&] { ASSERT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0); });
    EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
}

// The same without a mount and without journals: a write beyond the limit fails as one to a full disk does, with part
// of it done.
TEST(FullDisk, IsLikeAFileThatMayNotGrow)
{
    const TemporaryFolder folder;
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit small{.rlim_cur = 150'001, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    fill_and_make_room(folder.path(), {.frame_bytes = 8 << 10, .journal_time = 24h * 365},
                       [&] { ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0); });
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
}

// What a file has no room for is in the journal, which becomes the next file.
TEST(FullDisk, CostsNothingWhereOnlyTheFileMayNotGrow)
{
    const TemporaryFolder folder;
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit small{.rlim_cur = 100'001, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    std::uint64_t next = 0;
    {
        Archiver archiver{folder.path(), {.frame_bytes = 16 << 10}};
        add_until(archiver, next, [&] { return archiver.counters.write_errors > 2; });
        archiver.recorder.close();
        EXPECT_EQ(archiver.counters.not_written_events, 0U);
    }
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    Archiver archiver{folder.path()};
    const auto found = read_folder(folder.path());
    expect_complete(found, next);
    EXPECT_TRUE(found.gaps.empty());
}

} // namespace
} // namespace peer_observer::archiver
