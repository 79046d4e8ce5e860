#include "tests/sim_node/modes.h"
#include "tests/sim_node/player.h"
#include "tests/sim_node/recording.h"
#include "tests/sim_node/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace peer_observer::sim_node {
namespace {

std::atomic<bool> not_stopping = false;

/// What a player lists.
template <typename Play>
std::vector<std::string> listed(PlayerSettings settings, Play play)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
    settings.list = file.get();
    Player player(settings, not_stopping);
    play(player);
    std::rewind(file.get());
    std::vector<std::string> result(1);
    for (int c = 0; (c = std::fgetc(file.get())) != EOF;) {
        if (c == '\n') {
            result.emplace_back();
        } else {
            result.back() += static_cast<char>(c);
        }
    }
    result.pop_back();
    return result;
}

void play_session(Player& player)
{
    Session session(3, [&](const Call& call) { player.play(call); });
    while (!player.done())
        session.play_scene();
}

TEST(Recording, PlaysTheSessionsFirstCallsAgainAndAgain)
{
    PlayerSettings settings;
    settings.events = 500;
    const auto session = listed(settings, play_session);
    const Recording recording = record_session(3, 500, settings.only);
    settings.events = 1200;
    const auto repeated = listed(settings, [&](Player& player) {
        while (!player.done())
            std::ranges::for_each(recording.calls(), [&](const Call& call) { player.play(call); });
    });
    ASSERT_EQ(repeated.size(), 1200U);
    for (std::size_t i = 0; i < repeated.size(); ++i)
        EXPECT_EQ(repeated[i], session[i % 500]);
}

TEST(Recording, HasOnlyTheTracepointsThatAreAskedFor)
{
    std::bitset<kProbeCount> only;
    only.set(static_cast<std::size_t>(Probe::mempool_added));
    const Recording recording = record_session(3, 50, only);
    EXPECT_EQ(recording.calls().size(), 50U);
    EXPECT_TRUE(
        std::ranges::all_of(recording.calls(), [](const Call& call) { return call.probe == Probe::mempool_added; }));
}

TEST(Line, HasTheArgumentsInTheirOrderAndForm)
{
    const Hash hash{0xab, 0x01};
    const Bytes payload{0xff, 0x00, 0x7f};
    EXPECT_EQ(line(calls::net_inbound_message(-5, "192.0.2.1:8333", "inbound", "inv", 3, payload.data())),
              "net:inbound_message\t-5\t192.0.2.1:8333\tinbound\tinv\t3\tff007f");
    EXPECT_EQ(line(calls::utxocache_add(hash, 4'000'000'000, 7, -1, true)),
              "utxocache:add\tab01" + std::string(60, '0') + "\t4000000000\t7\t-1\t1");
}

TEST(Player, StopsAtTheNumberOfEvents) { EXPECT_EQ(listed({.events = 1'234}, play_session).size(), 1'234U); }

TEST(Player, PlaysTheSameAtAnyRate)
{
    EXPECT_TRUE(listed({.events = 500}, play_session) == listed({.rate = 20'000, .events = 500}, play_session));
}

TEST(Player, KeepsTheRate)
{
    const auto start = std::chrono::steady_clock::now();
    listed({.rate = 1'000, .events = 101}, play_session);
    // The last of 101 events is due after 100 ms. There is no limit upwards: the machine may be busy.
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
}

TEST(Player, EndsAfterItsDurationWhileItWaits)
{
    // At this rate the second event would be due after an hour.
    EXPECT_EQ(listed({.rate = 1.0 / 3'600, .duration_s = 0.05}, play_session).size(), 1U);
}

TEST(Player, EndsWhenAskedToStop)
{
    const std::atomic<bool> stopping = true;
    Player player({}, stopping);
    play_session(player);
    EXPECT_EQ(player.summary().calls, 0U);
}

TEST(Player, PlaysOnlyWhatIsAskedFor)
{
    std::bitset<kProbeCount> only;
    only.set(static_cast<std::size_t>(*find_probe("mempool:rejected")));
    const auto played = listed({.events = 10, .only = only}, play_session);
    EXPECT_EQ(played.size(), 10U);
    EXPECT_THAT(played, testing::Each(testing::StartsWith("mempool:rejected\t")));
}

TEST(Player, CountsNothingAsFiredWhileNobodyListens)
{
    Player player({.events = 1'000}, not_stopping);
    play_session(player);
    EXPECT_EQ(player.summary().calls, 1'000U);
    EXPECT_EQ(player.summary().fired, 0U);
}

TEST(Order, NumbersEveryCallInTheSameArgument)
{
    constexpr std::uint64_t kEvents = 1'000;
    const auto all = std::bitset<kProbeCount>{}.set();
    const auto played = listed({.events = kEvents}, [&](Player& player) { play_order(player, all); });
    ASSERT_EQ(played.size(), kEvents);
    // The columns of a tracepoint in which all of its calls have their number; one is enough, none is a failure.
    std::map<std::string, std::set<std::size_t>> columns;
    for (std::size_t number = 0; number < kEvents; ++number) {
        std::vector<std::string> parts(1);
        for (const char c : played[number])
            c == '\t' ? parts.emplace_back() : parts.back() += c;
        std::set<std::size_t> here;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            if (parts[i] == std::to_string(number)) here.insert(i);
        }
        const auto [known, fresh] = columns.emplace(parts[0], here);
        if (!fresh) std::erase_if(known->second, [&](std::size_t column) { return !here.contains(column); });
    }
    EXPECT_EQ(columns.size(), kProbeCount - 2) << "two have no numeric argument";
    for (const auto& [name, where] : columns)
        EXPECT_EQ(where.size(), 1U) << name;
}

TEST(Order, TakesTheTracepointsInTurn)
{
    const auto only = default_order_probes();
    const auto played = listed({.events = 3 * only.count()}, [&](Player& player) { play_order(player, only); });
    std::map<std::string, int> counts;
    for (const std::string& text : played)
        ++counts[text.substr(0, text.find('\t'))];
    EXPECT_EQ(counts.size(), only.count());
    for (const auto& [name, count] : counts)
        EXPECT_EQ(count, 3) << name;
}

TEST(Flood, PlaysOnePeerPerThread)
{
    const Summary summary =
        play_flood({.message_type = "flood", .payload = Bytes(8), .threads = 3}, {.events = 500}, not_stopping);
    EXPECT_EQ(summary.calls, 1'500U);
}

std::string list_of(const Flood& flood)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
    play_flood(flood, {.events = 3, .list = file.get()}, not_stopping);
    std::rewind(file.get());
    std::string text;
    for (int c = 0; (c = std::fgetc(file.get())) != EOF;)
        text += static_cast<char>(c);
    return text;
}

TEST(Flood, NumbersPayloadsUnlessGiven)
{
    const std::string start = "net:inbound_message\t0\t127.0.0.1:8333\tinbound\tflood\t10\t";
    Flood flood{.message_type = "flood", .payload = Bytes(10, 9)};
    EXPECT_EQ(list_of(flood),
              start + "00000000000000000909\n" + start + "01000000000000000909\n" + start + "02000000000000000909\n");
    flood.numbered = false;
    const std::string line = start + "09090909090909090909\n";
    EXPECT_EQ(list_of(flood), line + line + line);
}

TEST(Summary, IsOneJsonObject)
{
    Summary summary;
    summary.calls = 4;
    summary.thread_ns = 10;
    const Bytes payload;
    summary.count_fired(calls::net_inbound_message(0, "", "", "a\"b", 0, payload.data()));
    summary.count_fired(calls::net_outbound_message(0, "", "", "inv", 0, payload.data()));
    EXPECT_EQ(summary.json(1.5),
              R"({"seconds": 1.500000, "calls": 4, "fired": 2, "ns_per_call": 2.5, "slowest_ns": 0, )"
              R"("tracepoints": {"net:inbound_message": 1, "net:outbound_message": 1}, )"
              R"("inbound": {"a\"b": 1}, "outbound": {"inv": 1}})");
}

} // namespace
} // namespace peer_observer::sim_node
