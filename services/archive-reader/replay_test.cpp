// What a replay publishes, and in which order.
#include "libs/archive/archive_testing.h"
#include "libs/archive/tracks.h"
#include "libs/bus/subscriber.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace peer_observer::archive_reader {
namespace {

using namespace archive::testing;
using namespace std::chrono_literals;
namespace po = boost::program_options;

class TestContext : public app::Context {
public:
    bool stopping() const noexcept override { return stop; }
    int stop_fd() const noexcept override { return -1; }
    void ready() override {}
    void alive(const std::string&) override {}

    std::atomic<bool> stop = false;
};

po::variables_map parse(const std::vector<std::string>& words)
{
    po::options_description options;
    options.add_options()("file", po::value<std::vector<std::string>>());
    options.add_options()("metrics-address", po::value<std::string>()->default_value(""));
    add_replay_options(options);
    po::variables_map values;
    po::store(po::command_line_parser(words).options(options).run(), values);
    return values;
}

class Replaying : public ::testing::Test {
protected:
    void write(const std::string& name, const std::vector<proto::EventBatch>& batches)
    {
        archive::FileWriter writer{folder_ / name, header_of(batches.front().node(), batches.front().publisher_id())};
        for (const auto& batch : batches)
            append(writer, batch);
        ASSERT_EQ(writer.close(), std::error_code{});
    }

    /// The first `count` batches with events that a tool gets.
    std::vector<std::string> replay_and_receive(std::vector<std::string> words, std::size_t count)
    {
        const std::string url = "ipc://" + (folder_ / "socket").native();
        words.insert(words.end(), {"--listen", url, "--speed", "max", "--file", folder_.path()});
        TestContext context;
        std::jthread player{[&] { replay(parse(words), context); }};
        bus::Subscriber subscriber{{.sources = {url}}};
        std::vector<std::string> received;
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (received.size() < count && std::chrono::steady_clock::now() < deadline) {
            const auto batch = subscriber.receive(100ms);
            if (batch && batch->event_count > 0) received.emplace_back(batch->bytes);
        }
        context.stop = true;
        return received;
    }

    TemporaryFolder folder_;
};

TEST_F(Replaying, PublishesTheBytesThatWerePublishedInTheOrderOfTime)
{
    // Two nodes whose batches alternate; alice's go through two files that are named against the order.
    write("b.poa.zst", {make_batch(0, 10), make_batch(20, 10)});
    write("a.poa.zst", {make_batch(40, 10)});
    write("c.poa.zst", {make_batch(10, 10, "bob", 2), make_batch(30, 10, "bob", 2)});
    const auto received = replay_and_receive({}, 5);
    ASSERT_EQ(received.size(), 5U);
    EXPECT_EQ(received[0], make_batch(0, 10).SerializeAsString());
    EXPECT_EQ(received[1], make_batch(10, 10, "bob", 2).SerializeAsString());
    EXPECT_EQ(received[2], make_batch(20, 10).SerializeAsString());
    EXPECT_EQ(received[3], make_batch(30, 10, "bob", 2).SerializeAsString());
    EXPECT_EQ(received[4], make_batch(40, 10).SerializeAsString());
}

TEST_F(Replaying, GivesNewPublisherIdsInALoop)
{
    write("a.poa.zst", {make_batch(0, 10)});
    const auto received = replay_and_receive({"--loop"}, 3);
    ASSERT_EQ(received.size(), 3U);
    for (std::uint64_t pass = 0; pass < 3; ++pass) {
        proto::EventBatch batch;
        ASSERT_TRUE(batch.ParseFromString(received[pass]));
        EXPECT_EQ(batch.SerializeAsString(), make_batch(0, 10, "alice", 42 + pass).SerializeAsString());
    }
}

TEST_F(Replaying, LeavesOutWhatIsNotInTheRange)
{
    write("a.poa.zst", {make_batch(0, 100)});
    const auto received = replay_and_receive({"--from", "1700000000.025", "--to", "1700000000.035"}, 1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0], make_batch(25, 10).SerializeAsString());
}

// The case of the review: subscribers counted what was not asked for, and what the archive has.
TEST_F(Replaying, TellsOfNoGapOutsideTheRange)
{
    {
        archive::FileWriter writer{folder_ / "a.poa.zst", header_of()};
        append(writer, make_batch(0, 100));
        append(writer, make_batch(5100, 100), {make_gap(100, 5000)});
        append(writer, make_batch(8200, 100), {make_gap(5200, 3000)});
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    const std::string url = "ipc://" + (folder_ / "socket").native();
    TestContext context;
    std::jthread player{[&] {
        replay(parse({"--listen", url, "--speed", "max", "--to", "1700000000.05", "--file", folder_.path()}), context);
        context.stop = true;
    }};
    bus::Subscriber subscriber{{.sources = {url}}};
    while (!context.stop)
        (void)subscriber.receive(100ms);
    while (subscriber.receive(100ms)) {
    }
    EXPECT_EQ(subscriber.statistics().events, 50U);
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
}

TEST(TracksOfFiles, MergeByEventNotByBatch)
{
    const TemporaryFolder folder;
    for (const auto& batch : {make_batch(0, 30), make_batch(10, 10, "bob", 2)}) {
        archive::FileWriter writer{folder / (batch.node() + ".poa.zst"), header_of(batch.node(), batch.publisher_id())};
        append(writer, batch);
        ASSERT_EQ(writer.close(), std::error_code{});
    }
    po::options_description options;
    options.add_options()("file", po::value<std::vector<std::string>>());
    add_merge_options(options);
    const std::vector<std::string> words = {"--output", folder / "merged.poa.zst", "--file", folder / "alice.poa.zst",
                                            "--file",   folder / "bob.poa.zst"};
    po::variables_map values;
    po::store(po::command_line_parser(words).options(options).run(), values);
    TestContext context;
    merge(values, context);

    const auto found = read_all(folder / "merged.poa.zst");
    EXPECT_TRUE(found.problems.empty());
    ASSERT_EQ(found.events.size(), 40U);
    std::uint64_t last = 0;
    for (const auto& event : found.events) {
        const auto time = events::view_event(event).timestamp_ns;
        EXPECT_GE(time, last);
        last = time;
    }
}

} // namespace
} // namespace peer_observer::archive_reader
