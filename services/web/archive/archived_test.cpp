#include "libs/archive/archive_testing.h"
#include "libs/web/web_testing.h"
#include "services/web/archive/archived.h"

#include <fmt/format.h>

namespace peer_observer::web {
namespace {

namespace files = archive::testing;
using files::kMillisecond;

constexpr auto kBegin = files::kStart;

/// alice: 100 events, one a millisecond, in frames of 20; bob: 10, from 50 ms on.
struct Folder : files::TemporaryFolder {
    Folder()
    {
        std::filesystem::create_directory(*this / "alice");
        archive::FileWriter alice{*this / "alice/a.poa.zst", files::header_of()};
        for (std::uint64_t first = 0; first < 100; first += 20) {
            offsets.push_back(alice.size());
            files::append(alice, files::make_batch(first, 20));
        }
        EXPECT_EQ(alice.close(), std::error_code{});
        archive::FileWriter bob{*this / "b.poa.zst", files::header_of("bob", 7)};
        files::append(bob, files::make_batch(50, 10, "bob", 7));
        EXPECT_EQ(bob.close(), std::error_code{});
    }
    std::vector<std::uint64_t> offsets;
};

struct Shown {
    Folder folder;
    app::BadEvents bad_events;
    Archived archived{folder.path(), nullptr, Access::full, bad_events};

    Json get(const std::string& target) { return Json::parse(archived.answer(Request{target}, {})); }
    Json nodes(std::uint64_t from_ms, std::uint64_t at_ms)
    {
        return get(fmt::format("/api/v1/nodes?from_ns={}&at_ns={}", kBegin + from_ms * kMillisecond,
                               kBegin + at_ms * kMillisecond))["nodes"];
    }
};

TEST(Archived, ListsNodesByTheirIndexes)
{
    Shown shown;
    const auto json = shown.get("/api/v1/archive");
    ASSERT_EQ(json["nodes"].size(), 2);
    EXPECT_EQ(json["nodes"][0]["node"], "alice");
    EXPECT_EQ(json["nodes"][0]["from_ns"], kBegin);
    EXPECT_EQ(json["nodes"][0]["to_ns"], kBegin + 99 * kMillisecond);
    EXPECT_EQ(json["nodes"][0]["events"], 100);
    EXPECT_EQ(json["files"].size(), 2);
}

TEST(Archived, ShowsMomentsOfRange)
{
    Shown shown;
    auto nodes = shown.nodes(10, 30);
    ASSERT_EQ(nodes.size(), 1); // bob has said nothing yet
    EXPECT_EQ(nodes[0]["events"], 20);
    EXPECT_EQ(nodes[0]["first_event_ns"], kBegin + 10 * kMillisecond);
    EXPECT_EQ(nodes[0]["last_event_ns"], kBegin + 29 * kMillisecond);

    nodes = shown.nodes(10, 55); // on from there
    ASSERT_EQ(nodes.size(), 2);
    EXPECT_EQ(nodes[0]["events"], 45);
    EXPECT_EQ(nodes[1]["events"], 5);

    EXPECT_EQ(shown.nodes(10, 30)[0]["events"], 20); // and back
    EXPECT_EQ(shown.nodes(10, 55)[0]["events"], 45);
}

TEST(Archived, HasAllOfItsEndByDefault)
{
    Shown shown;
    const auto json = shown.get("/api/v1/nodes");
    EXPECT_EQ(json["nodes"][0]["events"], 100);
    EXPECT_EQ(json["read_until_ns"], json["time_ns"]);
    EXPECT_EQ(shown.get("/api/v1/about")["mode"], "archive");
}

TEST(Archived, DoesNotReadWhatIsNotShown)
{
    Folder folder;
    const auto path = folder / "alice/a.poa.zst";
    auto bytes = files::read_file(path);
    // The frame of 20 to 39 ms is broken: who asks for 60 ms on does not notice.
    for (auto i = folder.offsets[1] + 8; i < folder.offsets[2]; ++i)
        bytes[i] = '\x55';
    files::write_file(path, bytes);
    app::BadEvents bad_events;
    Archived archived{folder.path(), nullptr, Access::full, bad_events};
    const auto at = [&](std::uint64_t from_ms) {
        const Request request{fmt::format("/api/v1/nodes?from_ns={}&at_ns={}", kBegin + from_ms * kMillisecond,
                                          kBegin + 100 * kMillisecond)};
        return Json::parse(archived.answer(request, {}))["nodes"][0]["events"];
    };
    EXPECT_EQ(at(60), 40);
    EXPECT_EQ(at(0), 80);
}

TEST(Archived, RefusesWrongRanges)
{
    Shown shown;
    EXPECT_THROW(shown.get("/api/v1/nodes?from_ns=2&at_ns=1"), ApiError);
    EXPECT_THROW(shown.get("/api/v1/nodes?from_ns=1&at_ns=1800000000000000000"), ApiError);
    EXPECT_THROW(shown.get("/api/v1/nodes?from_ns=1&at_ns=18446744073709551615"), ApiError);
    EXPECT_THROW(shown.archived.check_feed(Request{"/api/v1/feed?speed=0"}), ApiError);
    EXPECT_THROW(shown.archived.check_feed(Request{"/api/v1/feed?speed=nan"}), ApiError);
}

TEST(Archived, PlaysFeedToItsEnd)
{
    struct Played : FeedSink {
        void send(const std::shared_ptr<const std::string>& sent, std::uint64_t count) override
        {
            text += *sent;
            events += count;
        }
        void sample(std::uint64_t, std::uint64_t, std::uint64_t) override {}
        std::string text;
        std::uint64_t events = 0;
    };
    Shown shown;
    const auto sink = std::make_shared<Played>();
    shown.archived.open_feed(
        Request{fmt::format("/api/v1/feed?node=alice&kind=message&speed=1000&rate=500&from_ns={}", kBegin)}, sink);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (sink->text.find("event: end\n") == std::string::npos && std::chrono::steady_clock::now() < deadline)
        shown.archived.tick();
    EXPECT_EQ(sink->events, 75);
}

TEST(Archived, SurvivesFileThatIsNoArchive)
{
    Folder folder;
    files::write_file(folder / "c.poa.zst", "nonsense");
    app::BadEvents bad_events;
    Archived archived{folder.path(), nullptr, Access::full, bad_events};
    const auto json = Json::parse(archived.answer(Request{"/api/v1/archive"}, {}));
    ASSERT_EQ(json["files"].size(), 3);
    EXPECT_TRUE(json["files"][2].contains("problem"));
    EXPECT_EQ(Json::parse(archived.answer(Request{"/api/v1/nodes"}, {}))["nodes"].size(), 2);
}

} // namespace
} // namespace peer_observer::web
