#include "libs/archive/archive_testing.h"
#include "libs/archive/file_name.h"
#include "libs/archive/record.h"
#include "libs/archive/recovery.h"
#include "libs/base/testing/sanitized.h"

#include <gmock/gmock.h>
#include <zstd.h>

#include <array>
#include <cstdio>
#include <random>

namespace peer_observer::archive {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kStep = base::testing::kSanitized ? 5 : 1; // bytes between two places of a cut
constexpr int kRounds = base::testing::kSanitized ? 2'000 : 10'000;

class File : public ::testing::Test {
protected:
    /// Frames of 100 events with the numbers 0, 1, 2...
    void write_frames(std::uint64_t frames, bool close = true)
    {
        FileWriter writer{path_, header_of()};
        for (std::uint64_t i = 0; i < frames; ++i)
            append(writer, make_batch(i * 100, 100));
        if (close) {
            ASSERT_EQ(writer.close(), std::error_code{});
        }
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "a.poa.zst";
    std::filesystem::path open_path_ = folder_ / "a.poa.zst.open";
};

std::vector<std::string> expected_events(std::uint64_t first, std::uint64_t end)
{
    std::vector<std::string> events;
    for (std::uint64_t i = first; i < end; ++i)
        events.push_back(make_event(i).SerializeAsString());
    return events;
}

TEST_F(File, GivesBackEveryEventAndGap)
{
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(0, 100));
        append(writer, make_batch(107, 100), {make_gap(100, 7)});
        EXPECT_TRUE(std::filesystem::exists(open_path_));
        EXPECT_FALSE(std::filesystem::exists(path_));
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    EXPECT_FALSE(std::filesystem::exists(open_path_));
    const auto found = read_all(path_);
    EXPECT_THAT(found.problems, IsEmpty());
    auto events = expected_events(0, 100);
    std::ranges::copy(expected_events(107, 207), std::back_inserter(events));
    EXPECT_EQ(found.events, events);
    EXPECT_EQ(found.sequences.back(), 206U);
    ASSERT_EQ(found.gaps.size(), 1U);
    EXPECT_EQ(found.gaps[0].SerializeAsString(), make_gap(100, 7).SerializeAsString());
}

TEST_F(File, DecompressesToDelimitedBatchesWithStandardZstd)
{
    if (std::system("zstd --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no zstd on PATH";
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(0, 100), {make_gap(0, 1)});
        append(writer, make_batch(100, 100));
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    const std::string output = folder_ / "plain";
    ASSERT_EQ(std::system(("zstd -dcq " + path_.native() + " > " + output).c_str()), 0);
    const auto batches = split_content(read_file(output));
    ASSERT_TRUE(batches) << batches.error();
    ASSERT_EQ(batches->size(), 2U);
    EXPECT_EQ((*batches)[1].first_sequence, 100U);
}

TEST_F(File, DescribesItsOwnTypes)
{
    write_frames(1);
    Reader reader{path_};
    ASSERT_TRUE(reader.header());
    const auto& compressed = reader.header()->compressed_descriptors();
    std::string plain(ZSTD_getFrameContentSize(compressed.data(), compressed.size()), '\0');
    ASSERT_EQ(ZSTD_decompress(plain.data(), plain.size(), compressed.data(), compressed.size()), plain.size());
    google::protobuf::FileDescriptorSet descriptors;
    ASSERT_TRUE(descriptors.ParseFromString(plain));
    google::protobuf::DescriptorPool pool;
    for (const auto& file : descriptors.file())
        ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
    EXPECT_NE(pool.FindMessageTypeByName("peer_observer.proto.EventBatch"), nullptr);
    EXPECT_NE(pool.FindMessageTypeByName("peer_observer.proto.ArchiveIndex"), nullptr);
}

TEST_F(File, FindsRangesOfTimeAndNumbers)
{
    write_frames(20);
    Range range{.from_ns = kStart + 250 * kMillisecond, .to_ns = kStart + 460 * kMillisecond};
    EXPECT_EQ(read_all(path_, range).events, expected_events(250, 460));
    range = {.from_sequence = 1999, .to_sequence = 5000};
    EXPECT_EQ(read_all(path_, range).events, expected_events(1999, 2000));
    Reader reader{path_, range};
    int frames = 0;
    while (reader.next())
        ++frames;
    EXPECT_EQ(frames, 1);
}

TEST_F(File, ReadsFileBeingWritten)
{
    FileWriter writer{path_, header_of()};
    append(writer, make_batch(0, 100));
    const auto found = read_all(open_path_);
    EXPECT_EQ(found.events, expected_events(0, 100));
    EXPECT_THAT(found.problems, IsEmpty());
}

TEST_F(File, RefusesToCloseFileBeingWritten)
{
    FileWriter writer{path_, header_of()};
    append(writer, make_batch(0, 100));
    EXPECT_THROW(close_open_file(open_path_), std::system_error);
    ASSERT_EQ(writer.close(), std::error_code{});
}

TEST_F(File, RemovesOpenFileWithoutEvents)
{
    write_frames(0, false);
    EXPECT_TRUE(close_open_file(open_path_).path.empty());
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

// What a crash or a loss of power leaves: the file up to any byte.
TEST_F(File, CutAnywhereInTheLastFramesAndClosedItHasAllWholeFrames)
{
    write_frames(4, false);
    const std::string whole = read_file(open_path_);
    Reader reader{open_path_};
    std::vector<std::uint64_t> ends;
    while (const auto chunk = reader.next())
        ends.push_back(chunk->offset + chunk->size);
    ASSERT_EQ(ends.size(), 4U);
    ASSERT_EQ(ends[3], whole.size());

    for (std::uint64_t size = ends[1]; size < whole.size(); size += kStep) {
        write_file(open_path_, whole.substr(0, size));
        const std::uint64_t frames = size >= ends[2] ? 3 : 2;
        ASSERT_EQ(read_all(open_path_).events.size(), frames * 100) << "cut at " << size;
        const auto recovery = close_open_file(open_path_);
        ASSERT_EQ(recovery.events, frames * 100) << "cut at " << size;
        ASSERT_EQ(recovery.cut_bytes, size - ends[frames - 1]);
        const auto found = read_all(path_);
        ASSERT_THAT(found.problems, IsEmpty()) << "cut at " << size;
        ASSERT_EQ(found.events, expected_events(0, frames * 100));
        std::filesystem::remove(path_);
    }
}

TEST_F(File, GivesAllWholeFramesOfTruncatedFile)
{
    write_frames(3);
    const std::string whole = read_file(path_);
    Reader reader{path_};
    std::vector<std::uint64_t> ends;
    while (const auto chunk = reader.next())
        ends.push_back(chunk->offset + chunk->size);
    for (std::uint64_t size = ends[0]; size < whole.size(); size += kStep) {
        write_file(path_, whole.substr(0, size));
        const auto whole_frames =
            static_cast<std::uint64_t>(std::ranges::count_if(ends, [&](auto end) { return end <= size; }));
        const auto found = read_all(path_);
        ASSERT_FALSE(found.problems.empty()) << "cut at " << size;
        ASSERT_EQ(found.events, expected_events(0, whole_frames * 100)) << "cut at " << size;
    }
}

TEST_F(File, SurvivesCrashBetweenIndexAndRename)
{
    write_frames(2);
    std::filesystem::rename(path_, open_path_);
    EXPECT_THAT(read_all(open_path_).problems, IsEmpty());
    EXPECT_EQ(close_open_file(open_path_).cut_bytes, 0U);
    EXPECT_THAT(read_all(path_).problems, IsEmpty());
}

// Whatever is overwritten: the frames that are not touched are there, and damage to a frame is told with its place.
TEST_F(File, LosesOnlyCorruptedFrames)
{
    constexpr std::uint64_t kFrames = 8;
    write_frames(kFrames);
    const std::string whole = read_file(path_);
    Reader reader{path_};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> frames;
    while (const auto chunk = reader.next())
        frames.emplace_back(chunk->offset, chunk->offset + chunk->size);
    ASSERT_EQ(frames.size(), kFrames);

    const auto everything = expected_events(0, kFrames * 100);
    std::mt19937_64 random{1};
    for (int round = 0; round < kRounds; ++round) {
        // Where the frames are: most of the file is the header's descriptors.
        const std::uint64_t start = round % 10 == 0 ? 0 : frames.front().first;
        const std::uint64_t at = start + random() % (whole.size() - start);
        const std::uint64_t length =
            std::min<std::uint64_t>(1 + random() % (round % 3 == 0 ? 400 : 4), whole.size() - at);
        std::string damaged = whole;
        bool changed = false;
        for (std::uint64_t i = at; i < at + length; ++i) {
            damaged[i] = static_cast<char>(random());
            changed |= damaged[i] != whole[i];
        }
        if (!changed) continue;
        write_file(path_, damaged);
        const auto found = read_all(path_);
        // zstd ignores some bits.
        if (found.problems.empty()) {
            ASSERT_EQ(found.events, everything) << "round " << round << " at " << at << "+" << length;
            continue;
        }
        std::vector<std::string> untouched;
        for (std::uint64_t i = 0; i < kFrames; ++i) {
            if (at < frames[i].second && at + length > frames[i].first) continue;
            std::ranges::copy(expected_events(i * 100, i * 100 + 100), std::back_inserter(untouched));
        }
        ASSERT_EQ(found.events, untouched) << "round " << round << " at " << at << "+" << length;
    }
}

TEST_F(File, ReplacesDamageByGapWhenRewritten)
{
    write_frames(5);
    std::string bytes = read_file(path_);
    Reader reader{path_};
    (void)reader.next();
    const auto second = reader.next();
    ASSERT_TRUE(second);
    bytes[second->offset + second->size / 2] ^= 1;
    write_file(path_, bytes);

    const auto recovery = rewrite_file(path_, kStart);
    EXPECT_THAT(recovery.problems, ElementsAre(HasSubstr("offset " + std::to_string(second->offset))));
    EXPECT_EQ(recovery.events, 400U);
    EXPECT_EQ(read_file(folder_ / "a.poa.zst.damaged"), bytes);
    const auto found = read_all(path_);
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.events.size(), 400U);
    ASSERT_EQ(found.gaps.size(), 1U);
    EXPECT_EQ(found.gaps[0].first_sequence(), 100U);
    EXPECT_EQ(found.gaps[0].count(), 100U);
    EXPECT_EQ(found.gaps[0].cause(), proto::ArchiveGap::DAMAGED);
}

// A peer can send a message whose bytes are a whole frame of batches, and zstd stores what does not compress as it is.
TEST_F(File, IgnoresFrameInsideDamagedFrame)
{
    auto forged = make_batch(0, 10, "alice", 666);
    const auto inner = Compressor{3}
                           .compress([&] {
                               Content content;
                               const auto bytes = forged.SerializeAsString();
                               content.add(*events::parse_batch(bytes));
                               return content.bytes;
                           }())
                           .get();
    auto batch = make_batch(0, 1);
    std::string noise(200'000, '\0');
    std::mt19937 random{7};
    for (char& byte : noise)
        byte = static_cast<char>(random());
    batch.mutable_events(0)->mutable_message()->mutable_inbound()->set_raw(noise + inner + noise);
    {
        FileWriter writer{path_, header_of()};
        append(writer, batch);
    }
    std::string bytes = read_file(open_path_);
    ASSERT_NE(bytes.find(inner), std::string::npos);
    Reader reader{open_path_};
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    bytes.at(frame->offset + 4) ^= 0x40; // its header: the size cannot be told any more
    bytes.resize(bytes.size() - 10);
    write_file(open_path_, bytes);
    EXPECT_THAT(read_all(open_path_).events, IsEmpty());
}

TEST_F(File, NamesSortByTimeAndTellThePublisher)
{
    EXPECT_EQ(file_stem(1'795'390'654'123'456'789, 0xAB), "20261122T233734.123456Z-00000000000000ab");
    EXPECT_EQ(file_stem(0, 1, 2), "19700101T000000.000000Z-0000000000000001-2");
    EXPECT_LT(file_stem(kStart, 9), file_stem(kStart + kMillisecond, 1));
    EXPECT_TRUE(is_folder_name("node-1.example"));
    for (const char* name : {"", ".", "..", "a/b"})
        EXPECT_FALSE(is_folder_name(name)) << name;
}

} // namespace
} // namespace peer_observer::archive
