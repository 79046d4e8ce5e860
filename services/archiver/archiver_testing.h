// What the tests of the archiver share.
#pragma once

#include "libs/app/testing/log.h"
#include "libs/archive/archive_testing.h"
#include "libs/archive/file_name.h"
#include "libs/archive/sequence_check.h"
#include "services/archiver/recorder.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::archiver::testing {

using namespace archive::testing;
using namespace std::chrono_literals;

class FakeClock : public Clock {
public:
    std::uint64_t unix_ns() override { return wall; }
    std::chrono::steady_clock::time_point steady() override { return now; }

    std::uint64_t wall = kStart;
    std::chrono::steady_clock::time_point now{1h};
};

/// An archiver without a bus.
struct Archiver {
    explicit Archiver(const std::filesystem::path& path, StreamOptions options = {},
                      RecorderOptions recorder_options = {}, std::size_t threads = 0)
        : compressor{3, threads}, directory{path, counters},
          environment{options, directory, compressor, clock, counters, bad_events},
          recorder{environment, recorder_options}
    {}

    void add(const proto::EventBatch& batch, std::uint64_t missed = 0,
             std::optional<bus::UnknownLoss> unknown_loss = std::nullopt)
    {
        const std::string bytes = batch.SerializeAsString();
        recorder.add({*events::parse_batch(bytes), missed, unknown_loss});
    }

    bool logged(const std::string& text) const { return log.contains(text); }

    FakeClock clock;
    Counters counters{};
    app::testing::CapturedLog log;
    app::BadEvents bad_events;
    archive::Compressor compressor;
    Directory directory;
    Environment environment;
    Recorder recorder;
};

inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
        if (archive::is_archive(entry.path())) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// Everything of one publisher, from all its files in the order of their first numbers.
inline Found read_folder(const std::filesystem::path& folder)
{
    std::vector<std::pair<std::uint64_t, Found>> parts;
    Found all;
    for (const auto& file : files_in(folder)) {
        auto found = read_all(file);
        std::ranges::copy(found.problems, std::back_inserter(all.problems));
        std::uint64_t first = found.sequences.empty() ? archive::Range::kEnd : found.sequences.front();
        for (const auto& gap : found.gaps)
            first = std::min<std::uint64_t>(first, gap.first_sequence());
        parts.emplace_back(first, std::move(found));
    }
    std::ranges::sort(parts, {}, &std::pair<std::uint64_t, Found>::first);
    for (auto& [first, found] : parts) {
        std::ranges::move(found.events, std::back_inserter(all.events));
        std::ranges::move(found.sequences, std::back_inserter(all.sequences));
        std::ranges::move(found.gaps, std::back_inserter(all.gaps));
    }
    return all;
}

/// Every number from 0 below `end` is there once: as an event that is the right one, or in a gap.
inline void expect_complete(const Found& found, std::uint64_t end)
{
    std::vector<int> times(end, 0);
    for (std::size_t i = 0; i < found.sequences.size(); ++i) {
        ASSERT_LT(found.sequences[i], end);
        ++times[found.sequences[i]];
        ASSERT_EQ(found.events[i], make_event(found.sequences[i]).SerializeAsString())
            << "event " << found.sequences[i];
    }
    for (const auto& gap : found.gaps)
        for (std::uint64_t i = gap.first_sequence(); i < gap.first_sequence() + gap.count(); ++i) {
            ASSERT_LT(i, end);
            ++times[i];
        }
    for (std::uint64_t i = 0; i < end; ++i)
        ASSERT_EQ(times[i], 1) << "event " << i;
    ASSERT_TRUE(found.problems.empty()) << found.problems.front();
}

} // namespace peer_observer::archiver::testing
