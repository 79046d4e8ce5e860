// A search by the index finds what reading everything finds, whatever is looked for and whatever is damaged.
#include "libs/archive/archive_testing.h"
#include "libs/archive/frame_filter.h"
#include "libs/archive/record.h"
#include "libs/archive/recovery.h"
#include "libs/archive/search_check.h"
#include "libs/archive/search_index.h"
#include "libs/archive/search_testing.h"
#include "libs/base/hex.h"
#include "libs/events/kind.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>

namespace peer_observer::archive {
namespace {

using namespace testing;
using events::Conjunction;
using events::Selection;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void append_events(FileWriter& writer, std::uint64_t first, const std::vector<std::string>& list,
                   bool is_searchable = true)
{
    std::string bytes;
    events::begin_batch(bytes, "alice", 42, first);
    for (const auto& event : list)
        events::append_event(bytes, event);
    Content content;
    FrameContents contents;
    content.add(*events::parse_batch(bytes), &contents);
    const auto frame = Compressor{1}.compress(content.bytes).get();
    ASSERT_EQ(writer.append({}, content.frame, frame, is_searchable ? contents.serialize() : ""), std::error_code{});
}

struct Search {
    std::vector<std::uint64_t> sequences; ///< of events that are selected or not valid
    std::vector<std::string> problems;
    std::uint64_t skipped = 0;
};

Search search(const std::filesystem::path& path, const Selection& selection, bool by_index, const Range& range = {})
{
    Search found;
    FrameFilter filter{selection};
    Reader reader{path, range, by_index ? &filter : nullptr};
    while (const auto chunk = reader.next()) {
        if (chunk->kind == Chunk::Kind::damage) found.problems.push_back(chunk->problem);
        if (chunk->kind == Chunk::Kind::skipped) ++found.skipped;
        for (const auto& batch : chunk->batches)
            events::for_each_event(batch, [&](const events::EventView& event) {
                if (range.contains(event) && (event.is_malformed || selection.selects(event)))
                    found.sequences.push_back(event.sequence);
            });
    }
    return found;
}

Selection hash_selection(const std::string& hash) { return Selection{{{.hashes = {base::to_reversed_hex(hash)}}}}; }

class Searching : public ::testing::Test {
protected:
    static constexpr std::uint64_t kFrames = 120;
    static constexpr std::uint64_t kEvents = 60;
    static constexpr std::uint64_t kMany = 1500; ///< in every twelfth frame

    void write(bool is_searchable = true, bool close = true)
    {
        FileWriter writer{path_, header_of()};
        std::uint64_t next = 0;
        for (std::uint64_t frame = 0; frame < kFrames; ++frame) {
            std::vector<std::string> list;
            for (std::uint64_t i = 0; i < (frame % 12 == 9 ? kMany : kEvents); ++i)
                list.push_back(traffic_.event(frame));
            append_events(writer, next, list, is_searchable);
            next += list.size();
        }
        if (close) {
            ASSERT_EQ(writer.close(), std::error_code{});
        }
    }

    Conjunction random_conditions()
    {
        Conjunction wanted;
        const auto kinds = events::known_kinds();
        const auto some = [&](std::uint64_t n, const auto& add) {
            while (traffic_.one_in(n))
                add();
        };
        some(3, [&] { wanted.kinds.push_back(traffic_.pick(kinds).full_name); });
        some(4, [&] { wanted.message_types.emplace_back(traffic_.pick(kTypes)); });
        some(8, [&] { wanted.directions.emplace_back(traffic_.one_in(2) ? "inbound" : "outbound"); });
        some(4, [&] {
            wanted.peers.push_back(static_cast<std::int64_t>(traffic_.below(8) * 10'000 + traffic_.below(10)));
        });
        some(4, [&] {
            const std::string host = traffic_.pick(kHosts);
            wanted.addresses.push_back(traffic_.one_in(2) ? host : with_port(host));
        });
        some(4, [&] { wanted.pids.push_back(static_cast<std::uint32_t>(1 + traffic_.below(6))); });
        some(6, [&] { wanted.ases.push_back(static_cast<std::uint32_t>("1289xaf"[traffic_.below(7)])); });
        some(5, [&] { wanted.networks.emplace_back(traffic_.pick(kNetworkNames)); });
        some(3, [&] { wanted.hashes.push_back(base::to_reversed_hex(traffic_.pick(traffic_.hashes()))); });
        return wanted;
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "a.poa.zst";
    std::filesystem::path open_path_ = folder_ / "a.poa.zst.open";
    Traffic traffic_;
};

TEST_F(Searching, FindsWhatReadingEverythingFinds)
{
    write();
    const std::map<std::string, std::function<bool(const Conjunction&)>> options = {
        {"kind", [](const auto& c) { return !c.kinds.empty(); }},
        {"message_type", [](const auto& c) { return !c.message_types.empty(); }},
        {"direction", [](const auto& c) { return !c.directions.empty(); }},
        {"peer", [](const auto& c) { return !c.peers.empty(); }},
        {"address", [](const auto& c) { return !c.addresses.empty(); }},
        {"pid", [](const auto& c) { return !c.pids.empty(); }},
        {"as", [](const auto& c) { return !c.ases.empty(); }},
        {"network", [](const auto& c) { return !c.networks.empty(); }},
        {"hash", [](const auto& c) { return !c.hashes.empty(); }},
    };
    std::map<std::string, std::uint64_t> skipped;
    std::map<std::string, std::uint64_t> found;
    int searches = 0;
    while (searches < 200) {
        std::vector<Conjunction> alternatives;
        do
            alternatives.push_back(random_conditions());
        while (traffic_.one_in(4));
        std::optional<Selection> selection;
        try {
            selection.emplace(alternatives, system_of_host);
        } catch (const std::invalid_argument&) {
            continue; // it can select nothing
        }
        ++searches;
        const auto range = traffic_.one_in(4) ? Range{.from_sequence = traffic_.below(20'000)} : Range{};
        const auto expected = search(path_, *selection, false, range);
        const auto result = search(path_, *selection, true, range);
        ASSERT_EQ(result.sequences, expected.sequences) << to_string(alternatives.front());
        ASSERT_THAT(result.problems, IsEmpty());
        for (const auto& [name, has] : options)
            if (alternatives.size() == 1 && has(alternatives.front())) {
                skipped[name] += result.skipped;
                found[name] += result.sequences.size();
            }
    }
    for (const auto& [name, has] : options) {
        EXPECT_GT(skipped[name], kFrames) << name << " leaves no frames out";
        EXPECT_GT(found[name], 100U) << name << " finds nothing";
    }
}

TEST_F(Searching, FindsEveryHashAndSkipsMostOfTheRest)
{
    write();
    std::uint64_t skipped = 0;
    for (int i = 0; i < 100; ++i) {
        const auto selection = hash_selection(traffic_.pick(traffic_.hashes()));
        const auto expected = search(path_, selection, false);
        const auto result = search(path_, selection, true);
        ASSERT_EQ(result.sequences, expected.sequences);
        skipped += result.skipped;
    }
    EXPECT_GT(skipped, 33 * kFrames) << "of 100 searches; frames of the future and of lost events are read";
}

TEST_F(Searching, ReadsEverythingOfFilesWithoutSearchRecords)
{
    write(false);
    const Selection selection{{{.peers = {3}}}};
    const auto result = search(path_, selection, true);
    EXPECT_EQ(result.sequences, search(path_, selection, false).sequences);
    EXPECT_EQ(result.skipped, 0U);
}

TEST_F(Searching, FindsTheSameWhateverIsDamagedInTheIndex)
{
    write();
    const auto whole = read_file(path_);
    const Reader reader{path_};
    ASSERT_GT(reader.index()->searches_size(), 0);
    const auto selection = hash_selection(traffic_.hashes().front());
    const auto expected = search(path_, selection, false).sequences;
    ASSERT_FALSE(expected.empty());
    ASSERT_GT(search(path_, selection, true).skipped, 0U);
    const auto& last = *reader.index()->frames().rbegin();
    const auto end_of_frames = last.offset() + last.size_bytes();
    std::mt19937_64 random{3};
    int told = 0;
    for (int round = 0; round < 300; ++round) {
        auto damaged = whole;
        // The last search record, the index, and with every third round one in the middle.
        const auto& record = reader.index()->searches(
            static_cast<int>(random() % static_cast<std::uint64_t>(reader.index()->searches_size())));
        const auto at = round % 3 == 0 ? record.offset() + random() % record.size_bytes()
                                       : end_of_frames + random() % (whole.size() - end_of_frames);
        damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ (1U + random() % 255));
        write_file(path_, damaged);
        const auto result = search(path_, selection, true);
        ASSERT_EQ(result.sequences, expected) << "round " << round << " at " << at;
        told += result.problems.empty() ? 0 : 1;
    }
    EXPECT_GT(told, 290) << "a changed magic number may be that of a foreign frame";
}

TEST_F(Searching, IsCheckedAgainstTheFrames)
{
    {
        FileWriter writer{path_, header_of()};
        append(writer, make_batch(0, 100));
        const auto bytes = make_batch(100, 100).SerializeAsString();
        Content content;
        content.add(*events::parse_batch(bytes));
        const auto frame = Compressor{1}.compress(content.bytes).get();
        FrameContents lie; // of an event less
        const auto shorter = make_batch(100, 99).SerializeAsString();
        Content ignored;
        ignored.add(*events::parse_batch(shorter), &lie);
        ASSERT_EQ(writer.append({}, content.frame, frame, lie.serialize()), std::error_code{});
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    Reader reader{path_};
    SearchCheck check{path_, *reader.index()};
    EXPECT_TRUE(check.covers_all());
    std::vector<bool> right;
    while (const auto chunk = reader.next()) {
        FrameContents contents;
        (void)describe_frame(*chunk, true, &contents);
        right.push_back(check.is_right(chunk->offset, contents));
    }
    EXPECT_EQ(right, (std::vector<bool>{true, false}));
    // What it hides is found without it.
    const auto selection = hash_selection(std::string(32, static_cast<char>(199)));
    EXPECT_THAT(search(path_, selection, true).sequences, IsEmpty());
    EXPECT_EQ(search(path_, selection, false).sequences, std::vector<std::uint64_t>{199});
}

bool covers_all(const std::filesystem::path& path)
{
    const Reader reader{path};
    return reader.index() != nullptr && SearchCheck{path, *reader.index()}.covers_all();
}

TEST_F(Searching, CanBeDoneInFilesOfOlderArchivers)
{
    write(false);
    const auto time = std::filesystem::file_time_type::clock::now() - std::chrono::hours{48};
    std::filesystem::last_write_time(path_, time);
    std::filesystem::permissions(path_, std::filesystem::perms{0640});
    const auto before = read_all(path_);
    EXPECT_FALSE(covers_all(path_));
    write_file(folder_ / "a.poa.zst.indexing.open", "left over");
    EXPECT_TRUE(add_search_records(path_));
    EXPECT_TRUE(covers_all(path_));
    EXPECT_FALSE(add_search_records(path_)) << "nothing to do";
    const auto after = read_all(path_);
    EXPECT_EQ(after.events, before.events);
    EXPECT_EQ(after.sequences, before.sequences);
    EXPECT_THAT(after.problems, IsEmpty());
    EXPECT_EQ(std::filesystem::last_write_time(path_), time);
    EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms{0640});
    const auto selection = hash_selection(traffic_.hashes().front());
    EXPECT_GT(search(path_, selection, true).skipped, 0U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_.path()}, {}), 1) << "nothing is left over";
}

TEST_F(Searching, LeavesDamagedFilesAsTheyAre)
{
    write(false);
    auto bytes = read_file(path_);
    bytes[bytes.size() / 2] ^= 1;
    write_file(path_, bytes);
    EXPECT_THROW(add_search_records(path_), std::runtime_error);
    EXPECT_EQ(read_file(path_), bytes);
    write_file(path_, bytes.substr(0, bytes.size() / 3)); // no index
    EXPECT_THROW(add_search_records(path_), std::runtime_error);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_.path()}, {}), 1);
}

TEST_F(Searching, CanBeDoneAfterACrash)
{
    write(true, false);
    const auto size = std::filesystem::file_size(open_path_);
    const auto bytes = read_file(open_path_);
    const auto selection = hash_selection(traffic_.hashes().front());
    for (const auto part : {size, size - 1000, size / 2, size / 3}) {
        write_file(open_path_, bytes.substr(0, part));
        (void)close_open_file(open_path_);
        EXPECT_TRUE(covers_all(path_)) << part;
        const auto result = search(path_, selection, true);
        EXPECT_THAT(result.problems, IsEmpty());
        EXPECT_GT(result.skipped, 0U);
        EXPECT_EQ(result.sequences, search(path_, selection, false).sequences);
        std::filesystem::remove(path_);
    }
}

TEST_F(Searching, SurvivesRewritingOfDamagedFiles)
{
    write();
    auto bytes = read_file(path_);
    bytes[bytes.size() / 2] ^= 1;
    write_file(path_, bytes);
    (void)rewrite_file(path_, kStart);
    EXPECT_TRUE(covers_all(path_));
}

TEST(Bloom, HasFewFalsePositivesAndIsBounded)
{
    std::mt19937_64 random{5};
    const auto rate = [&](std::size_t count) {
        TokenSet tokens;
        for (std::size_t i = 0; i < count; ++i)
            tokens.insert(token_of('h', std::to_string(i)));
        EXPECT_EQ(tokens.size(), count);
        const auto filter = tokens.make_filter();
        EXPECT_LE(filter.size(), kMaxFilterBytes);
        EXPECT_TRUE(tokens.is_in(filter));
        int positives = 0;
        for (int i = 0; i < 20'000; ++i)
            positives += filter_has(filter, token_of('h', std::to_string(random()) + "x")) ? 1 : 0;
        return positives / 20'000.0;
    };
    EXPECT_LT(rate(10), 0.01);
    EXPECT_LT(rate(2000), 0.006);
    EXPECT_LT(rate(123'000), 0.006);
    EXPECT_LT(rate(1'000'000), 0.5) << "more than a frame has";
    EXPECT_FALSE(filter_has("", 1));
}

} // namespace
} // namespace peer_observer::archive
