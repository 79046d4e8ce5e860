// What the tests of archives share.
#pragma once

#include "libs/archive/compressor.h"
#include "libs/archive/content.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/reader.h"
#include "libs/events/batch.h"
#include "proto/event.pb.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace peer_observer::archive::testing {

inline constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
inline constexpr std::uint64_t kMillisecond = 1'000'000;

class TemporaryFolder {
public:
    /// In memory where that is possible: these tests write tens of thousands of files.
    TemporaryFolder()
    {
        const bool in_memory = access("/dev/shm", W_OK) == 0;
        std::string pattern = (in_memory ? std::filesystem::path{"/dev/shm"} : std::filesystem::temp_directory_path()) /
                              "archive_test_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        path_ = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// An event whose content is told by its number, one a millisecond; every fourth is of another kind.
inline proto::Event make_event(std::uint64_t number)
{
    proto::Event event;
    event.set_timestamp_ns(kStart + number * kMillisecond);
    event.set_pid(17);
    if (number % 4 == 3) {
        event.mutable_mempool()->mutable_added()->set_txid(std::string(32, static_cast<char>(number)));
        event.mutable_mempool()->mutable_added()->set_fee_sat(static_cast<std::int64_t>(number));
        return event;
    }
    auto& message =
        number % 2 == 0 ? *event.mutable_message()->mutable_inbound() : *event.mutable_message()->mutable_outbound();
    message.set_peer_id(static_cast<std::int64_t>(number % 50));
    message.set_message_type(number % 2 == 0 ? "ping" : "pong");
    message.set_size(8);
    message.mutable_payload()->mutable_ping()->set_nonce(number * 0x9E3779B97F4A7C15);
    return event;
}

inline proto::EventBatch make_batch(std::uint64_t first, std::uint64_t count, const std::string& node = "alice",
                                    std::uint64_t publisher_id = 42)
{
    proto::EventBatch batch;
    batch.set_schema_version(events::kSchemaVersion);
    batch.set_node(node);
    batch.set_publisher_id(publisher_id);
    batch.set_first_sequence(first);
    for (std::uint64_t i = 0; i < count; ++i)
        *batch.add_events() = make_event(first + i);
    return batch;
}

inline proto::ArchiveHeader header_of(const std::string& node = "alice", std::uint64_t publisher_id = 42)
{
    auto header = make_header("test", kStart);
    auto& source = *header.add_sources();
    source.set_node(node);
    source.set_publisher_id(publisher_id);
    return header;
}

inline proto::ArchiveGap make_gap(std::uint64_t first, std::uint64_t count, const std::string& node = "alice",
                                  std::uint64_t publisher_id = 42)
{
    proto::ArchiveGap gap;
    gap.mutable_source()->set_node(node);
    gap.mutable_source()->set_publisher_id(publisher_id);
    gap.set_first_sequence(first);
    gap.set_count(count);
    gap.set_cause(proto::ArchiveGap::NOT_RECEIVED);
    return gap;
}

/// Appends a frame of one batch.
inline void append(FileWriter& writer, const proto::EventBatch& batch, const std::vector<proto::ArchiveGap>& gaps = {})
{
    const std::string bytes = batch.SerializeAsString();
    Content content;
    FrameContents contents;
    content.add(*events::parse_batch(bytes), &contents);
    const auto frame = Compressor{3}.compress(content.bytes).get();
    ASSERT_EQ(writer.append(gaps, content.frame, frame, contents.serialize()), std::error_code{});
}

inline std::string read_file(const std::filesystem::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

/// Everything that a reader finds.
struct Found {
    std::vector<std::string> events; ///< serialized, in order
    std::vector<std::uint64_t> sequences;
    std::vector<proto::ArchiveGap> gaps;
    std::vector<std::string> problems;
};

inline Found read_all(const std::filesystem::path& path, const Range& range = {})
{
    Found found;
    Reader reader{path, range};
    while (const auto chunk = reader.next()) {
        if (chunk->kind == Chunk::Kind::gap) found.gaps.push_back(chunk->gap);
        if (chunk->kind == Chunk::Kind::damage)
            found.problems.push_back(std::to_string(chunk->offset) + ": " + chunk->problem);
        for (const auto& batch : chunk->batches) {
            events::for_each_event(batch, [&](const events::EventView& event) {
                if (!range.contains(event)) return;
                found.events.emplace_back(event.bytes);
                found.sequences.push_back(event.sequence);
            });
        }
    }
    return found;
}

} // namespace peer_observer::archive::testing
