// What is read of a file, and how much.
#include "libs/archive/archive_testing.h"
#include "libs/archive/frame_filter.h"
#include "libs/archive/record.h"
#include "libs/base/hex.h"

#include <boost/crc.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace peer_observer::archive {
namespace {

using namespace testing;

TEST(Record, HasTheChecksumThatBoostComputes)
{
    constexpr std::size_t kSizeAndMagic = 8;
    constexpr std::size_t kCrcAndSize = 8;
    std::mt19937_64 random{1};
    for (std::size_t size = 0; size < 100; ++size) {
        std::string bytes(size, '\0');
        std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
        const auto record = encode_record(RecordType::gap, bytes);
        boost::crc_32_type expected;
        expected.process_bytes(record.data() + kSizeAndMagic, record.size() - kSizeAndMagic - kCrcAndSize);
        EXPECT_EQ(read_u32(record, record.size() - kCrcAndSize), expected.checksum()) << size << " bytes";
        EXPECT_TRUE(decode_record(record));
    }
}

/// Bytes that this process has read so far.
std::uint64_t bytes_read()
{
    std::ifstream io{"/proc/self/io"};
    std::string name;
    std::uint64_t bytes = 0;
    io >> name >> bytes;
    EXPECT_EQ(name, "rchar:");
    return bytes;
}

class LargeFrames : public ::testing::Test {
protected:
    static constexpr std::uint64_t kFrames = 40;
    static constexpr std::uint64_t kSearched = 23;

    static std::string hash(std::uint64_t frame) { return std::string(32, static_cast<char>('A' + frame)); }

    void SetUp() override
    {
        std::mt19937_64 random{2};
        FileWriter writer{path_, header_of()};
        for (std::uint64_t frame = 0; frame < kFrames; ++frame) {
            auto batch = make_batch(frame * 2, 2);
            auto& message = *batch.mutable_events(1)->mutable_message()->mutable_inbound();
            std::string raw(300'000, '\0');
            std::ranges::generate(raw, [&] { return static_cast<char>(random()); });
            message.set_message_type("tx");
            message.mutable_payload()->mutable_tx()->set_txid(hash(frame));
            message.mutable_payload()->mutable_tx()->set_raw(raw);
            append(writer, batch);
        }
        ASSERT_EQ(writer.close(), std::error_code{});
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "a.poa.zst";
};

TEST_F(LargeFrames, AreReadOnlyWhereASearchNeedsThem)
{
    constexpr std::uint64_t kFrame = 300'000;
    constexpr std::uint64_t kRest = 100'000; // header, search record, index
    FrameFilter filter{events::Selection{{{.hashes = {base::to_reversed_hex(hash(kSearched))}}}}};
    const auto before = bytes_read();
    std::vector<std::uint64_t> found;
    {
        Reader reader{path_, {}, &filter};
        while (const auto chunk = reader.next())
            for (const auto& batch : chunk->batches)
                found.push_back(batch.first_sequence);
    }
    EXPECT_EQ(found, std::vector{kSearched * 2});
    EXPECT_LT(bytes_read() - before, kFrame + kRest);
}

TEST_F(LargeFrames, KeepTheirContentWhenItIsTaken)
{
    std::vector<std::pair<Chunk, std::string>> taken;
    Reader reader{path_};
    while (auto chunk = reader.next()) {
        taken.emplace_back(std::move(*chunk), std::string{});
        reader.swap_content(taken.back().second);
    }
    ASSERT_EQ(taken.size(), kFrames);
    std::uint64_t events = 0;
    for (const auto& [chunk, content] : taken) {
        EXPECT_EQ(chunk.content.data(), content.data());
        for (const auto& batch : chunk.batches)
            events::for_each_event(batch, [&](const events::EventView& event) {
                EXPECT_EQ(event.sequence, events++);
                EXPECT_EQ(event.timestamp_ns, kStart + event.sequence * kMillisecond);
            });
    }
    EXPECT_EQ(events, kFrames * 2);
}

} // namespace
} // namespace peer_observer::archive
