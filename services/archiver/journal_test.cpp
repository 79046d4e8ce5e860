// Journals: what of a frame is on the disk before the frame is.
#include "services/archiver/archiver_testing.h"

#include <gmock/gmock.h>

namespace peer_observer::archiver {
namespace {

using namespace testing;
using ::testing::SizeIs;

// A frame is compressed as a whole, and a crash meanwhile loses no more than before.
TEST(Journals, KeepEventsOfAFrameUntilItIsWritten)
{
    const TemporaryFolder folder;
    Archiver archiver{folder.path(), {.frame_bytes = 16 << 10}};
    std::uint64_t next = 0;
    for (; next < 200; next += 20) {
        archiver.add(make_batch(next, 20));
        archiver.clock.now += 2s;
        archiver.recorder.tick();
        EXPECT_EQ(archiver.counters.written_events, next + 20);
        EXPECT_EQ(archiver.counters.written_frames, 0U);
        expect_complete(read_folder(folder.path()), next + 20);
    }
    ASSERT_THAT(files_in(folder.path()), SizeIs(1));
    const auto journal = files_in(folder.path()).front();
    EXPECT_TRUE(archive::is_open_archive(journal));
    for (; archiver.counters.written_frames == 0; next += 20)
        archiver.add(make_batch(next, 20));
    EXPECT_EQ(archiver.counters.written_events, next);
    expect_complete(read_folder(folder.path()), next);
    ASSERT_THAT(files_in(folder.path()), SizeIs(1));
    EXPECT_NE(files_in(folder.path()).front(), journal) << "deleted, for the frame is in the file";
}

TEST(Journals, GoWhereTheirFrameIsWritten)
{
    const TemporaryFolder folder;
    const auto kept = folder / "kept";
    std::filesystem::path journal;
    {
        Archiver archiver{folder / "archive", {.frame_bytes = 16 << 10}};
        archiver.add(make_batch(0, 20));
        archiver.add(make_batch(25, 20)); // a gap is in both, too
        archiver.clock.now += 2s;
        archiver.recorder.tick();
        journal = files_in(folder / "archive").back();
        std::filesystem::copy(journal, kept);
        archiver.recorder.close();
    }
    std::filesystem::copy(kept, journal); // killed before it was deleted
    Archiver archiver{folder / "archive"};
    ASSERT_THAT(files_in(folder / "archive"), SizeIs(1));
    expect_complete(read_folder(folder / "archive"), 45);
}

TEST(Journals, StayWhereTheirFrameIsNotWritten)
{
    const TemporaryFolder folder;
    {
        Archiver archiver{folder.path(), {.frame_bytes = 16 << 10}};
        for (std::uint64_t next = 0; archiver.counters.written_frames == 0; next += 20)
            archiver.add(make_batch(next, 20));
        archiver.add(make_batch(archiver.counters.written_events, 20));
        archiver.clock.now += 2s;
        archiver.recorder.tick();
    } // killed
    Archiver archiver{folder.path()};
    EXPECT_THAT(files_in(folder.path()), SizeIs(2));
    const auto found = read_folder(folder.path());
    expect_complete(found, found.events.size());
    EXPECT_GT(found.events.size(), 20U);
}

} // namespace
} // namespace peer_observer::archiver
