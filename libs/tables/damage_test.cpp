#include "libs/archive/archive_testing.h"
#include "libs/tables/damage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace peer_observer::tables {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kAlice = 1;
constexpr std::uint64_t kBob = 2;
constexpr auto kUnknown = std::nullopt;

using Told = std::tuple<std::string, std::uint64_t, std::uint64_t, std::optional<std::uint64_t>, std::string>;

std::string node_of(std::uint64_t publisher) { return publisher == kAlice ? "alice" : "bob"; }

class Damage : public ::testing::Test {
protected:
    void next(std::uint64_t publisher, std::uint64_t first_sequence, std::uint64_t count)
    {
        losses_.next({.node = node_of(publisher),
                      .publisher_id = publisher,
                      .first_sequence = first_sequence,
                      .event_count = count,
                      .bytes = {}});
    }
    void gap(std::uint64_t publisher, std::uint64_t first_sequence, std::uint64_t count)
    {
        losses_.next(archive::testing::make_gap(first_sequence, count, node_of(publisher), publisher));
    }
    static proto::ArchiveHeader header_of_both()
    {
        auto header = archive::testing::header_of(node_of(kAlice), kAlice);
        header.MergeFrom(archive::testing::header_of(node_of(kBob), kBob)); // sources are appended
        return header;
    }

    /// A damaged place behind events of both.
    void damage_both()
    {
        next(kAlice, 0, 10);
        next(kBob, 0, 5);
        losses_.damaged("offset 7", header_of_both());
    }

    std::vector<Told> told_;
    DamageLosses losses_{[this](const Loss& loss) {
        EXPECT_EQ(loss.cause, "DAMAGED");
        told_.emplace_back(loss.node, loss.publisher_id, loss.sequence, loss.count, loss.detail);
    }};
};

TEST_F(Damage, IsWhatEachPublisherMisses)
{
    damage_both();
    next(kBob, 25, 1);
    next(kAlice, 15, 1);
    next(kAlice, 20, 1); // of which nothing tells that it is damage
    losses_.end_file();
    EXPECT_THAT(told_, ElementsAre(Told{"bob", kBob, 5, 20, "offset 7"}, Told{"alice", kAlice, 10, 5, "offset 7"}));
}

TEST_F(Damage, IsNotOfAPublisherThatMissesNothing)
{
    damage_both();
    next(kAlice, 10, 1);
    gap(kBob, 5, 3);
    losses_.end_file();
    EXPECT_THAT(told_, IsEmpty());
}

TEST_F(Damage, EndsAtAGap)
{
    next(kBob, 0, 5);
    losses_.damaged("offset 7", header_of_both());
    told_.clear();
    gap(kBob, 9, 3);
    EXPECT_THAT(told_, ElementsAre(Told{"bob", kBob, 5, 4, "offset 7"}));
}

TEST_F(Damage, IsOfUnknownSizeWhereNothingShowsIt)
{
    next(kAlice, 0, 10);
    losses_.damaged("offset 7", header_of_both());
    EXPECT_THAT(told_, ElementsAre(Told{"bob", kBob, 0, kUnknown, "offset 7"}));
    losses_.end_file();
    EXPECT_THAT(told_, ElementsAre(Told{"bob", kBob, 0, kUnknown, "offset 7"},
                                   Told{"alice", kAlice, 10, kUnknown, "offset 7"}));
    next(kAlice, 20, 1); // of the next file
    EXPECT_EQ(told_.size(), 2);
}

TEST_F(Damage, CanBeOfAllPublishersWithoutAHeader)
{
    next(kAlice, 0, 10);
    next(kBob, 0, 5);
    losses_.damaged("offset 0", {});
    next(kAlice, 10, 1);
    next(kBob, 6, 1);
    EXPECT_THAT(told_, ElementsAre(Told{"bob", kBob, 5, 1, "offset 0"}));
}

} // namespace
} // namespace peer_observer::tables
