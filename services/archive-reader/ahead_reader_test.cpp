#include "libs/archive/archive_testing.h"
#include "services/archive-reader/ahead_reader.h"

#include <gmock/gmock.h>

namespace peer_observer::archive_reader {
namespace {

using namespace archive::testing;
using archive::Chunk;

/// With a filter, which excludes nothing, a file is opened before the former one is read.
class Ahead : public ::testing::TestWithParam<bool> {
protected:
    static constexpr std::uint64_t kFiles = 4;
    static constexpr std::uint64_t kFrames = 30;
    static constexpr std::uint64_t kEvents = 2000; ///< of a frame: all together are more than may wait

    void SetUp() override
    {
        for (std::uint64_t file = 0; file < kFiles; ++file) {
            archive::FileWriter writer{files_.emplace_back(folder_ / (std::to_string(file) + ".poa.zst")), header_of()};
            for (std::uint64_t frame = 0; frame < kFrames; ++frame) {
                const auto first = (file * kFrames + frame) * kEvents;
                std::vector<proto::ArchiveGap> gaps;
                if (frame == 7) gaps.push_back(make_gap(first, 3));
                append(writer, make_batch(first, kEvents), gaps);
            }
            ASSERT_EQ(writer.close(), std::error_code{});
        }
    }

    void damage(std::size_t file)
    {
        auto bytes = read_file(files_[file]);
        bytes[bytes.size() / 2] ^= 1;
        write_file(files_[file], bytes);
    }

    archive::FrameFilter* filter() { return GetParam() ? &everything_ : nullptr; }

    TemporaryFolder folder_;
    std::vector<std::filesystem::path> files_;

private:
    archive::FrameFilter everything_{events::Selection{}};
};

TEST_P(Ahead, GivesWhatIsInTheFilesInTheirOrder)
{
    damage(1);
    Found expected;
    for (const auto& file : files_) {
        const auto found = read_all(file);
        expected.events.insert(expected.events.end(), found.events.begin(), found.events.end());
        expected.gaps.insert(expected.gaps.end(), found.gaps.begin(), found.gaps.end());
        expected.problems.insert(expected.problems.end(), found.problems.begin(), found.problems.end());
    }
    ASSERT_FALSE(expected.problems.empty());
    std::vector<std::string> events;
    std::vector<std::string> problems;
    std::vector<std::size_t> files;
    std::size_t gaps = 0;
    AheadReader reader{files_, {}, filter()};
    while (const auto* piece = reader.next()) {
        if (files.empty() || files.back() != piece->file) files.push_back(piece->file);
        EXPECT_EQ(piece->file_bytes, std::filesystem::file_size(files_[piece->file]));
        EXPECT_LE(piece->position, piece->file_bytes);
        const auto& chunk = piece->chunk;
        if (chunk.kind == Chunk::Kind::damage) problems.push_back(std::to_string(chunk.offset) + ": " + chunk.problem);
        if (chunk.kind == Chunk::Kind::gap) ++gaps;
        for (const auto& batch : chunk.batches)
            events::for_each_event(batch, [&](const auto& event) { events.emplace_back(event.bytes); });
    }
    EXPECT_EQ(files, (std::vector<std::size_t>{0, 1, 2, 3}));
    EXPECT_EQ(events, expected.events);
    EXPECT_EQ(problems, expected.problems);
    EXPECT_EQ(gaps, expected.gaps.size());
    EXPECT_EQ(reader.next(), nullptr);
}

TEST_P(Ahead, ThrowsBehindWhatCameBefore)
{
    std::filesystem::remove(files_[2]);
    AheadReader reader{files_, {}, filter()};
    std::uint64_t events = 0;
    const auto read = [&] {
        while (const auto* piece = reader.next())
            for (const auto& batch : piece->chunk.batches)
                events += batch.event_count;
    };
    EXPECT_THROW(read(), std::system_error);
    EXPECT_EQ(events, 2 * kFrames * kEvents);
}

TEST_P(Ahead, StopsWhenNothingMoreIsWanted)
{
    for (int wanted = 0; wanted < 20; ++wanted) {
        AheadReader reader{files_, {}, filter()};
        for (int i = 0; i < wanted; ++i)
            ASSERT_NE(reader.next(), nullptr);
    }
}

INSTANTIATE_TEST_SUITE_P(Filter, Ahead, ::testing::Bool());

} // namespace
} // namespace peer_observer::archive_reader
