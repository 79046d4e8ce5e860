// A peer can send a message whose bytes are frames or records of an archive, and zstd stores what does not compress as
// it is. Where the frame around it is damaged, nothing of it is believed.
#include "libs/archive/archive_testing.h"
#include "libs/archive/record.h"
#include "libs/archive/recovery.h"

#include <gmock/gmock.h>

#include <random>

namespace peer_observer::archive {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kFar = std::uint64_t{1} << 62U;

std::string noise(std::size_t size)
{
    static std::mt19937 random{7};
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random());
    return bytes;
}

proto::EventBatch message_batch(std::uint64_t sequence, const std::string& raw)
{
    auto batch = make_batch(sequence, 1);
    batch.mutable_events(0)->mutable_message()->mutable_inbound()->set_raw(raw);
    return batch;
}

std::string gap_record(const std::string& node, std::uint64_t publisher_id)
{
    auto gap = make_gap(kFar, 1);
    gap.mutable_source()->set_node(node);
    gap.mutable_source()->set_publisher_id(publisher_id);
    return encode_record(RecordType::gap, gap.SerializeAsString());
}

/// Without the types, which would be compressed.
std::string header_record(std::uint64_t publisher_id)
{
    auto header = header_of("alice", publisher_id);
    header.clear_compressed_descriptors();
    return encode_record(RecordType::header, header.SerializeAsString());
}

class Forged : public ::testing::Test {
protected:
    /// A file whose frames are one of 100 events, one of a message with `forged` in it, and one of 100 events more.
    /// Returns where the second one starts, and ends.
    std::pair<std::uint64_t, std::uint64_t> write(const std::string& forged, bool close)
    {
        {
            FileWriter writer{path_, header_of()};
            append(writer, make_batch(0, 100));
            append(writer, message_batch(100, noise(200'000) + forged + noise(200'000)));
            append(writer, make_batch(101, 100));
            if (close) {
                EXPECT_EQ(writer.close(), std::error_code{});
            }
        }
        bytes_ = read_file(close ? path_ : open_path_);
        EXPECT_NE(bytes_.find(forged), std::string::npos) << "zstd stores it as it is";
        Reader reader{close ? path_ : open_path_};
        (void)reader.next();
        const auto frame = reader.next();
        return {frame->offset, frame->offset + frame->size};
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "a.poa.zst";
    std::filesystem::path open_path_ = folder_ / "a.poa.zst.open";
    std::string bytes_;
};

// The case of the review: the archiver dropped everything of the publisher from then on.
TEST_F(Forged, CutsGapInTornFrame)
{
    const auto end = write(gap_record("x", 1), false).second;
    write_file(open_path_, bytes_.substr(0, end - 100'000));
    const auto recovery = close_open_file(open_path_);
    EXPECT_EQ(recovery.events, 100U);
    EXPECT_THAT(recovery.problems, IsEmpty());
    const auto found = read_all(path_);
    EXPECT_THAT(found.gaps, IsEmpty());
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.events, SizeIs(100));
}

TEST_F(Forged, TakesGapInDamagedFrameForDamage)
{
    const auto start = write(gap_record("x", 1), true).first;
    bytes_.at(start + 4) ^= 0x40; // the frame's header: the size cannot be told
    write_file(path_, bytes_);
    EXPECT_THAT(read_all(path_).gaps, IsEmpty());
    EXPECT_THAT(read_all(path_).events, SizeIs(200));
    (void)rewrite_file(path_, kStart);
    const auto gaps = read_all(path_).gaps;
    ASSERT_THAT(gaps, SizeIs(1));
    EXPECT_EQ(gaps[0].first_sequence(), 100U);
    EXPECT_EQ(gaps[0].count(), 1U);
}

TEST_F(Forged, IgnoresHeaderInDamagedFrame)
{
    Content content;
    const auto forged = make_batch(0, 10, "alice", 666).SerializeAsString();
    content.add(*events::parse_batch(forged));
    const auto start = write(header_record(666) + Compressor{3}.compress(content.bytes).get(), false).first;
    bytes_.at(start + 4) ^= 0x40;
    write_file(open_path_, bytes_);
    const auto recovery = close_open_file(open_path_);
    EXPECT_EQ(recovery.events, 200U) << "the frame behind it is found";
    EXPECT_THAT(recovery.problems, SizeIs(1));
    EXPECT_THAT(read_all(path_).events, SizeIs(200));
}

TEST_F(Forged, RefusesForgedHeaderWhereRealOneIsDamaged)
{
    const auto start = write(header_record(666), true).first;
    bytes_.at(100) ^= 1;
    bytes_.at(start + 4) ^= 0x40;
    write_file(path_, bytes_);
    (void)rewrite_file(path_, kStart);
    const Reader reader{path_};
    ASSERT_EQ(reader.header()->sources_size(), 1);
    EXPECT_EQ(reader.header()->sources(0).publisher_id(), 42U);
}

TEST_F(Forged, RefusesForeignFrameWhereHeaderIsDamaged)
{
    Content content;
    const auto forged = make_batch(0, 10, "alice", 666).SerializeAsString();
    content.add(*events::parse_batch(forged));
    const auto start = write(Compressor{3}.compress(content.bytes).get(), true).first;
    bytes_.at(100) ^= 1;
    bytes_.at(start + 4) ^= 0x40;
    bytes_.resize(bytes_.size() - 1); // no index either
    write_file(path_, bytes_);
    EXPECT_THAT(read_all(path_).events, SizeIs(200));
}

// A damaged block header makes the frame end where the peer's bytes say that a foreign frame of any size starts.
TEST_F(Forged, ReadsFramesAfterDamageAndForeignFrame)
{
    const auto append_u32 = [](std::string& out, std::uint32_t number) {
        out.append(reinterpret_cast<const char*>(&number), sizeof number);
    };
    std::string forged = "a mark";
    append_u32(forged, kSkippableMagic);
    const auto start = write(forged + "size", false).first;
    const auto foreign = bytes_.find(forged, start) + 6;
    std::string size;
    append_u32(size,
               static_cast<std::uint32_t>(bytes_.size() - foreign - kSkippableHeaderBytes)); // the rest of the file
    bytes_.replace(foreign + 4, 4, size);
    // Magic, descriptor, content size (4 bytes: more than 64 KiB): the first block header, of a raw block.
    const std::uint64_t block = start + 4 + 1 + 4;
    const std::uint64_t data = block + 3;
    const std::uint64_t wanted = foreign - 4 - data; // 4: the checksum
    // As many blocks as it takes, for a block has at most 128 KiB: one in front of the one that ends there.
    const auto set_block = [&](std::uint64_t at, std::uint64_t block_size, bool last) {
        const std::uint64_t header = block_size << 3U | (last ? 1U : 0U);
        for (unsigned i = 0; i < 3; ++i)
            bytes_.at(at + i) = static_cast<char>(header >> 8 * i);
    };
    constexpr std::uint64_t kFirst = 100'000;
    set_block(block, kFirst, false);
    set_block(data + kFirst, wanted - kFirst - 3, true);
    write_file(open_path_, bytes_);
    EXPECT_EQ(close_open_file(open_path_).events, 200U);
}

// The tear is just behind the forged index: it stands where the index of a closed file does.
TEST_F(Forged, ReadsAllFramesDespiteForgedIndex)
{
    proto::ArchiveIndex index;
    auto& frame = *index.add_frames();
    frame.set_offset(encode_record(RecordType::header, header_of().SerializeAsString()).size());
    frame.set_size_bytes(1'000);
    frame.set_events(100);
    frame.set_earliest_ns(1);
    frame.set_latest_ns(1);
    const auto forged = encode_record(RecordType::index, index.SerializeAsString());
    (void)write(forged, false);
    write_file(open_path_, bytes_.substr(0, bytes_.find(forged) + forged.size()));
    EXPECT_THAT(read_all(open_path_, {.from_ns = kStart}).events, SizeIs(100));
    write_file(path_, read_file(open_path_));
    const auto found = read_all(path_, {.from_ns = kStart});
    EXPECT_THAT(found.events, SizeIs(100));
    EXPECT_THAT(found.problems, ::testing::Contains(::testing::HasSubstr("do not follow each other")));
}

// What a good frame leads to is what was written, whoever it names.
TEST_F(Forged, BelievesGapOfFormerPublisherAfterGoodFrame)
{
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(0, 100));
        auto gap = make_gap(50, 0);
        gap.mutable_source()->set_publisher_id(41);
        gap.set_cause(proto::ArchiveGap::PUBLISHER_CRASHED);
        append(writer, make_batch(100, 100), {gap});
    }
    EXPECT_EQ(close_open_file(open_path_).events, 200U);
    EXPECT_THAT(read_all(path_).gaps, SizeIs(1));
}

class Ranges : public Forged {
protected:
    static constexpr std::uint64_t kSecond = 1000; ///< events in it

    /// The numbers of the gaps that a range of seconds has.
    std::vector<std::uint64_t> gaps_in(std::uint64_t from, std::uint64_t to)
    {
        std::vector<std::uint64_t> numbers;
        for (const auto& gap : read_all(read_path_, {.from_ns = at(from), .to_ns = at(to)}).gaps)
            numbers.push_back(gap.first_sequence());
        return numbers;
    }

    static std::uint64_t at(std::uint64_t second) { return kStart + second * kSecond * kMillisecond; }

    std::filesystem::path read_path_ = path_;
};

// Events in seconds 0, 6 and 9; some are missing between them, and behind them.
TEST_F(Ranges, HaveTheGapsBetweenTheirNeighbours)
{
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(0, kSecond));
        append(writer, make_batch(6 * kSecond, kSecond), {make_gap(kSecond, 5 * kSecond)});
        append(writer, make_batch(9 * kSecond, 100), {make_gap(7 * kSecond, 2 * kSecond)});
        auto last = make_gap(9 * kSecond + 100, 7);
        last.set_noticed_ns(at(11));
        ASSERT_EQ(writer.append(std::vector{last}, {}, {}), std::error_code{});
        for (const bool closed : {false, true}) {
            read_path_ = closed ? path_ : open_path_;
            if (closed) {
                ASSERT_EQ(writer.close(), std::error_code{});
            }
            EXPECT_THAT(gaps_in(3, 4), ElementsAre(kSecond)) << "nothing but the gap is there";
            EXPECT_THAT(gaps_in(6, 7), ElementsAre(kSecond, 7 * kSecond)) << "both may have events missing there";
            EXPECT_THAT(gaps_in(8, 9), ElementsAre(7 * kSecond));
            EXPECT_THAT(gaps_in(10, 12), ElementsAre(9 * kSecond + 100));
            EXPECT_THAT(gaps_in(12, 13), IsEmpty());
        }
    }
    Reader reader{path_, {.from_ns = at(3), .to_ns = at(4)}};
    const auto gap = reader.next();
    ASSERT_TRUE(gap);
    EXPECT_EQ(gap->after_ns, at(1) - kMillisecond);
    EXPECT_EQ(gap->before_ns, at(6));
    EXPECT_FALSE(Range{.from_ns = at(3)}.contains_gap(*gap));
    EXPECT_TRUE(Range{.from_ns = at(0)}.contains_gap(*gap));
}

TEST_F(Ranges, HaveGapsAndDamageInTheirOrder)
{
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(0, 100));
        append(writer, make_batch(150, 100), {make_gap(100, 50)});
        append(writer, make_batch(250, 100));
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    Reader whole{path_};
    (void)whole.next();
    (void)whole.next();
    const auto second = whole.next();
    ASSERT_TRUE(second);
    auto bytes = read_file(path_);
    bytes.at(second->offset + second->size / 2) ^= 1;
    write_file(path_, bytes);
    std::vector<Chunk::Kind> kinds;
    Reader reader{path_, {.from_ns = kStart}};
    while (const auto chunk = reader.next())
        kinds.push_back(chunk->kind);
    EXPECT_THAT(kinds, ElementsAre(Chunk::Kind::batches, Chunk::Kind::gap, Chunk::Kind::damage, Chunk::Kind::batches));
}

TEST_F(Ranges, HaveTheGapThatAFileBeginsWithIfTheFormerFileEndedBefore)
{
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(6 * kSecond, 100), {make_gap(100, 5)});
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    EXPECT_THAT(gaps_in(3, 4), IsEmpty());
    EXPECT_THAT(gaps_in(6, 7), ElementsAre(100));
    Reader reader{path_, {.from_ns = at(3), .to_ns = at(4)}};
    reader.continue_from(at(1));
    EXPECT_TRUE(reader.next());
}

} // namespace
} // namespace peer_observer::archive
