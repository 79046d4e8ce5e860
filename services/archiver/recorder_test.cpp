#include "services/archiver/archiver_testing.h"

#include <gmock/gmock.h>

#include <numeric>

namespace peer_observer::archiver {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Recording : public ::testing::Test {
protected:
    TemporaryFolder folder_;
};

TEST_F(Recording, WritesWhatItReceives)
{
    {
        Archiver archiver{folder_.path(), {.frame_bytes = 16 << 10}, {}, 2};
        for (std::uint64_t i = 0; i < 300; ++i) {
            archiver.add(make_batch(i * 50, 50, "alice", 1));
            archiver.add(make_batch(i * 50, 50, "bob", 2));
        }
        archiver.recorder.close();
        EXPECT_EQ(archiver.counters.written_events, 30'000U);
        EXPECT_EQ(archiver.counters.open_files, 0U);
    }
    for (const char* node : {"alice", "bob"}) {
        const auto found = read_folder(folder_ / node);
        expect_complete(found, 15'000);
        EXPECT_THAT(found.gaps, IsEmpty());
    }
}

TEST_F(Recording, WritesPendingEventsAfterAWhile)
{
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(0, 10));
    archiver.recorder.tick();
    EXPECT_THAT(files_in(folder_.path()), IsEmpty());
    archiver.clock.now += 2s;
    while (archiver.counters.written_events == 0)
        archiver.recorder.tick(); // the compressor has a thread of its own
    expect_complete(read_folder(folder_.path()), 10);
}

TEST_F(Recording, BoundsMemoryOfManyPublishers)
{
    Archiver archiver{folder_.path(), {}, {.max_buffered_bytes = 40'000}};
    for (std::uint64_t i = 0; i < 20; ++i) {
        for (std::uint64_t publisher = 0; publisher < 10; ++publisher)
            archiver.add(make_batch(i * 50, 50, "alice", publisher));
        archiver.recorder.tick();
    }
    EXPECT_GE(archiver.counters.content_bytes, archiver.counters.written_frames * 2'000) << "the largest become frames";
    EXPECT_GT(archiver.counters.written_frames, 10U);
    archiver.recorder.close();
    EXPECT_EQ(archiver.counters.written_events, 10'000U);
}

TEST_F(Recording, RotatesFilesBySize)
{
    Archiver archiver{folder_.path(), {.frame_bytes = 1, .file_bytes = 20 << 10}};
    for (std::uint64_t i = 0; i < 100; ++i)
        archiver.add(make_batch(i * 50, 50));
    archiver.recorder.close();
    EXPECT_GT(files_in(folder_.path()).size(), 2U);
    for (const auto& file : files_in(folder_.path()))
        EXPECT_LT(std::filesystem::file_size(file), 32U << 10U) << file;
    const auto found = read_folder(folder_.path());
    expect_complete(found, 5000);
    EXPECT_THAT(found.gaps, IsEmpty());
}

TEST_F(Recording, RotatesFilesByTime)
{
    Archiver archiver{folder_.path(), {.frame_bytes = 1, .file_time = 1h}};
    for (std::uint64_t i = 0; i < 5; ++i) {
        archiver.add(make_batch(i * 50, 50));
        archiver.clock.now += 61min;
        archiver.recorder.tick();
    }
    archiver.recorder.close();
    EXPECT_THAT(files_in(folder_.path()), SizeIs(5));
    expect_complete(read_folder(folder_.path()), 250);
}

TEST_F(Recording, ClosesFileOfSilentPublisher)
{
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(0, 10));
    archiver.clock.now += 61s;
    archiver.recorder.tick();
    EXPECT_EQ(archiver.counters.closed_files, 1U);
    archiver.add(make_batch(10, 10));
    archiver.recorder.close();
    expect_complete(read_folder(folder_.path()), 20);
}

TEST_F(Recording, BoundsOpenFilesOfManyPublishers)
{
    Archiver archiver{folder_.path(), {.frame_bytes = 1}, {.max_open_files = 4}};
    for (std::uint64_t publisher = 0; publisher < 1100; ++publisher) {
        archiver.add(make_batch(0, 1, "alice", publisher));
        ASSERT_LE(archiver.counters.open_files, 5U);
    }
    archiver.recorder.close();
    EXPECT_THAT(files_in(folder_.path()), SizeIs(1100));
}

TEST_F(Recording, RecordsGapsWhereEventsAreMissing)
{
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(5, 10), 5); // the first that came, and the bus knows that five came before
    archiver.add(make_batch(20, 10));
    archiver.add(make_batch(37, 0)); // a heartbeat: seven more were published
    archiver.recorder.close();
    const auto found = read_folder(folder_.path());
    expect_complete(found, 37);
    ASSERT_THAT(found.gaps, SizeIs(3));
    EXPECT_EQ(found.gaps[1].first_sequence(), 15U);
    EXPECT_EQ(found.gaps[1].count(), 5U);
    EXPECT_EQ(found.gaps[1].cause(), proto::ArchiveGap::NOT_RECEIVED);
    EXPECT_EQ(archiver.counters.not_received_events, 17U);
}

TEST_F(Recording, RecordsGapOfTimeWithoutArchiver)
{
    {
        Archiver archiver{folder_.path()};
        archiver.add(make_batch(0, 10));
        archiver.recorder.close();
    }
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(100, 10));
    archiver.recorder.close();
    const auto found = read_folder(folder_.path());
    expect_complete(found, 110);
    ASSERT_THAT(found.gaps, SizeIs(1));
    EXPECT_EQ(found.gaps[0].cause(), proto::ArchiveGap::NOT_RUNNING);
}

TEST_F(Recording, WritesGapsOfHeartbeatsAtTheEnd)
{
    {
        Archiver archiver{folder_.path()};
        archiver.add(make_batch(0, 10));
        archiver.recorder.close();
        archiver.add(make_batch(17, 0));
        archiver.recorder.close();
        EXPECT_EQ(archiver.counters.not_received_events, 7U);
    }
    const auto found = read_folder(folder_.path());
    expect_complete(found, 17);
    ASSERT_THAT(found.gaps, SizeIs(1));
    Archiver next{folder_.path()};
    next.add(make_batch(17, 3));
    next.recorder.close();
    expect_complete(read_folder(folder_.path()), 20);
}

TEST_F(Recording, WritesOneFilePerPublisher)
{
    Archiver archiver{folder_.path()};
    for (std::uint64_t round = 0; round < 12; ++round) {
        for (std::uint64_t publisher = 0; publisher < 100; ++publisher)
            archiver.add(make_batch(round * 10, 10, "alice", publisher));
        for (int tick = 0; tick < 10; ++tick) {
            archiver.clock.now += 100ms;
            archiver.recorder.tick();
        }
    }
    archiver.recorder.close();
    EXPECT_THAT(files_in(folder_.path()), SizeIs(100));
}

// A file named like this publisher's whose index has gaps of another one, or frames of another one.
TEST_F(Recording, GoesOnWhereItsOwnEntriesEnd)
{
    {
        Archiver archiver{folder_.path()};
        archiver.add(make_batch(0, 10));
        archiver.recorder.close();
    }
    const auto name = files_in(folder_.path()).front();
    const auto write_beside = [&](const std::string& mark, const proto::ArchiveHeader& header,
                                  const proto::EventBatch& batch, const std::vector<proto::ArchiveGap>& gaps) {
        archive::FileWriter writer{mark + name.filename().native(), header};
        append(writer, batch, gaps);
        ASSERT_EQ(writer.close(), std::error_code{});
    };
    auto gap = make_gap(std::uint64_t{1} << 62U, 1);
    gap.mutable_source()->set_publisher_id(666);
    write_beside(folder_ / "alice/other-gap-", header_of(), make_batch(10, 10), {gap});
    write_beside(folder_ / "alice/other-frames-", header_of("alice", 666), make_batch(1000, 10, "alice", 666), {});
    auto merged = header_of();
    *merged.add_sources() = header_of("alice", 666).sources(0);
    write_beside(folder_ / "alice/merged-", merged, make_batch(2000, 10, "alice", 666), {});
    Archiver archiver{folder_.path()};
    EXPECT_EQ(archiver.directory.end_sequence("alice", 42), 20U);
}

TEST_F(Recording, KeepsDuplicatesOnce)
{
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(0, 10));
    archiver.add(make_batch(0, 10));
    archiver.add(make_batch(5, 10));
    archiver.add(make_batch(3, 2));
    archiver.recorder.close();
    expect_complete(read_folder(folder_.path()), 15);
    EXPECT_EQ(archiver.counters.duplicate_events, 17U);
    EXPECT_TRUE(archiver.logged("came again"));
}

TEST_F(Recording, RecordsUnknownGapOfCrashedPublisherInNextFile)
{
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(0, 10, "alice", 1));
    archiver.add(make_batch(0, 10, "alice", 2), 0, bus::UnknownLoss{.publisher_id = 1, .next_sequence = 10});
    archiver.recorder.close();
    EXPECT_EQ(archiver.counters.unknown_losses, 1U);
    EXPECT_EQ(archiver.counters.not_received_events, 0U);
    const auto found = read_folder(folder_.path());
    ASSERT_THAT(found.gaps, SizeIs(1));
    EXPECT_EQ(found.gaps[0].source().publisher_id(), 1U);
    EXPECT_EQ(found.gaps[0].first_sequence(), 10U);
    EXPECT_EQ(found.gaps[0].count(), 0U);
    EXPECT_EQ(found.gaps[0].cause(), proto::ArchiveGap::PUBLISHER_CRASHED);
}

TEST_F(Recording, CountsImpossibleJumpAsUnknown)
{
    Archiver archiver{folder_.path()};
    archiver.add(make_batch(0, 10));
    const auto id = make_batch(0, 1).publisher_id();
    archiver.add(make_batch(std::uint64_t{1} << 62U, 10), 0, bus::UnknownLoss{.publisher_id = id, .next_sequence = 10});
    archiver.recorder.close();
    EXPECT_EQ(archiver.counters.not_received_events, 0U);
    const auto found = read_folder(folder_.path());
    ASSERT_THAT(found.gaps, SizeIs(1));
    EXPECT_EQ(found.gaps[0].cause(), proto::ArchiveGap::NOT_CREDIBLE);
    EXPECT_EQ(found.gaps[0].count(), (std::uint64_t{1} << 62U) - 10);
}

TEST_F(Recording, KeepsNumbersOfSelectionWithoutGap)
{
    {
        Archiver archiver{folder_.path(), {.selection = events::Selection{{{.kinds = {"mempool.added"}}}}}};
        archiver.add(make_batch(0, 100));
        archiver.recorder.close();
    }
    const auto found = read_folder(folder_.path());
    EXPECT_THAT(found.gaps, IsEmpty());
    ASSERT_THAT(found.sequences, SizeIs(25));
    for (std::size_t i = 0; i < 25; ++i) {
        EXPECT_EQ(found.sequences[i], i * 4 + 3);
        EXPECT_EQ(found.events[i], make_event(i * 4 + 3).SerializeAsString());
    }
    archive::Reader reader{files_in(folder_.path()).front()};
    EXPECT_THAT(reader.header()->selection().alternatives(), ElementsAre("kind=mempool.added"));
}

TEST_F(Recording, ReportsInvalidEventsOfSelectionAndKeepsNeighbours)
{
    std::string bytes;
    events::begin_batch(bytes, "alice", 42, 0);
    for (std::uint64_t i = 0; i < 4; ++i)
        events::append_event(bytes, i == 1 ? "\xff\xff\xff" : make_event(i).SerializeAsString());
    for (const bool selects : {true, false}) {
        const auto folder = folder_ / (selects ? "some" : "all");
        Archiver archiver{
            folder,
            {.selection = selects ? events::Selection{{{.kinds = {"message", "mempool"}}}} : events::Selection{}}};
        archiver.recorder.add({*events::parse_batch(bytes)});
        archiver.recorder.close();
        EXPECT_EQ(archiver.bad_events.count(), selects ? 1U : 0U);
        EXPECT_EQ(archiver.logged("event 1 of node alice, publisher 000000000000002a, is skipped"), selects);
        const auto found = read_folder(folder);
        if (selects)
            EXPECT_THAT(found.sequences, ElementsAre(0, 2, 3));
        else
            EXPECT_THAT(found.sequences, ElementsAre(0, 1, 2, 3)) << "whoever keeps all keeps the bytes";
    }
}

TEST_F(Recording, RefusesNodeNamedLikeAnotherFolder)
{
    Archiver archiver{folder_ / "archive"};
    archiver.add(make_batch(0, 10, ".."));
    archiver.add(make_batch(0, 10, "."));
    archiver.recorder.close();
    EXPECT_EQ(archiver.counters.refused_batches, 2U);
    EXPECT_THAT(files_in(folder_.path()), IsEmpty());
}

TEST_F(Recording, RefusesSecondArchiverInTheFolder)
{
    Archiver first{folder_.path()};
    try {
        Archiver second{folder_.path()};
        FAIL() << "two archivers in one folder";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("another archiver (process " + std::to_string(getpid()) + ")"));
    }
}

TEST_F(Recording, SurvivesClockJumps)
{
    Archiver archiver{folder_.path(), {.frame_bytes = 1}, {.limits = {.bytes = 0, .age = std::chrono::days{30}}}};
    archiver.clock.wall = base::unix_ns();
    auto batch = make_batch(0, 10);
    archiver.add(batch);
    archiver.recorder.close();
    // Into the past, by the node's clock as well: the next file would have the first one's name.
    archiver.clock.wall -= 1'000'000 * kMillisecond;
    batch.set_first_sequence(10);
    archiver.add(batch);
    archiver.recorder.close();
    // Ten years ahead: nothing is old because of that.
    archiver.clock.wall += 3650ULL * 86400 * 1000 * kMillisecond;
    batch.set_first_sequence(20);
    batch.mutable_events(3)->set_timestamp_ns(1);
    archiver.add(batch);
    archiver.clock.now += 1min;
    archiver.recorder.tick();
    archiver.recorder.close();

    EXPECT_EQ(archiver.counters.deleted_files, 0U);
    EXPECT_THAT(files_in(folder_.path()), SizeIs(3));
    std::vector<std::uint64_t> expected(30);
    std::iota(expected.begin(), expected.end(), 0);
    const auto found = read_folder(folder_.path());
    EXPECT_EQ(found.sequences, expected);
    EXPECT_THAT(found.problems, IsEmpty());
}

} // namespace
} // namespace peer_observer::archiver
