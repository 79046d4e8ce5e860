#include "libs/web/api/pairs.h"
#include "libs/web/web_testing.h"
#include "libs/wire/short_ids.h"

namespace peer_observer::web {
namespace {

class PairsOf {
public:
    TestWeb web;
    proto::MessagePayload& add(Direction direction, const std::string& type)
    {
        auto& event = events_.emplace_back(web.message(direction, 7, type));
        return TestWeb::payload(event);
    }
    proto::Inventory& add_items(Direction direction, const std::string& type, std::vector<std::uint32_t> numbers)
    {
        auto& payload = add(direction, type);
        auto& inventory = type == "inv"       ? *payload.mutable_inv()
                          : type == "getdata" ? *payload.mutable_getdata()
                                              : *payload.mutable_notfound();
        for (const auto number : numbers)
            inventory.add_items()->set_hash(hash_bytes(number));
        return inventory;
    }
    void add_tx(Direction direction, std::uint32_t wtxid)
    {
        auto& tx = *add(direction, "tx").mutable_tx();
        tx.set_txid(hash_bytes(wtxid + 1000));
        tx.set_wtxid(hash_bytes(wtxid));
    }
    std::vector<Pairs> find() const
    {
        std::vector<const proto::Event*> conversation;
        for (const auto& event : events_)
            conversation.push_back(&event);
        return find_pairs(conversation);
    }

private:
    std::deque<proto::Event> events_;
};

constexpr auto kIn = Direction::inbound;
constexpr auto kOut = Direction::outbound;

TEST(Pairs, JoinsInvGetdataAndTx)
{
    PairsOf talk;
    talk.add_items(kIn, "inv", {1, 2});
    talk.add_items(kOut, "getdata", {1, 2});
    talk.add_tx(kIn, 2);
    const auto pairs = talk.find();
    EXPECT_EQ(pairs[1].answers->index, 0);
    EXPECT_EQ(pairs[0].asked, 0); // nobody must ask for what is announced
    EXPECT_EQ(pairs[2].answers->index, 1);
    EXPECT_EQ(pairs[1].asked, 2);
    EXPECT_EQ(pairs[1].unanswered, 1);
}

TEST(Pairs, TakesNotfoundForAnswer)
{
    PairsOf talk;
    talk.add_items(kIn, "getdata", {1, 2});
    talk.add_items(kOut, "notfound", {1, 2});
    const auto pairs = talk.find();
    EXPECT_EQ(pairs[0].unanswered, 0);
    EXPECT_EQ(pairs[0].answered_by.size(), 1);
}

TEST(Pairs, NeedsOppositeDirection)
{
    PairsOf talk;
    talk.add_items(kOut, "getdata", {1});
    talk.add_tx(kOut, 1);
    EXPECT_EQ(talk.find()[0].unanswered, 1);
}

TEST(Pairs, JoinsGetheadersByLocator)
{
    PairsOf talk;
    auto& locator = *talk.add(kOut, "getheaders").mutable_getheaders();
    locator.add_locator_hashes(hash_bytes(1));
    locator.add_locator_hashes(hash_bytes(2));
    auto& header = *talk.add(kIn, "headers").mutable_headers()->add_headers();
    header.set_previous_block_hash(hash_bytes(2));
    header.set_hash(hash_bytes(3));
    const auto pairs = talk.find();
    EXPECT_EQ(pairs[0].asked, 1);
    EXPECT_EQ(pairs[0].unanswered, 0);
    EXPECT_STREQ(pairs[1].answers->by, "hash");
}

TEST(Pairs, TakesOtherHeadersForAnnouncement)
{
    PairsOf talk;
    talk.add(kOut, "getheaders").mutable_getheaders()->add_locator_hashes(hash_bytes(1));
    talk.add(kIn, "headers").mutable_headers()->add_headers()->set_previous_block_hash(hash_bytes(9));
    EXPECT_EQ(talk.find()[0].unanswered, 1);
}

TEST(Pairs, JoinsEmptyHeadersByOrder)
{
    PairsOf talk;
    talk.add(kOut, "getheaders").mutable_getheaders()->add_locator_hashes(hash_bytes(1));
    talk.add(kIn, "headers").mutable_headers();
    const auto pairs = talk.find();
    EXPECT_EQ(pairs[0].unanswered, 0);
    EXPECT_STREQ(pairs[1].answers->by, "order");
}

TEST(Pairs, FollowsCompactBlock)
{
    PairsOf talk;
    talk.add(kIn, "cmpctblock").mutable_cmpctblock()->mutable_header()->set_hash(hash_bytes(4));
    talk.add(kOut, "getblocktxn").mutable_getblocktxn()->set_block_hash(hash_bytes(4));
    talk.add(kIn, "blocktxn").mutable_blocktxn()->set_block_hash(hash_bytes(4));
    const auto pairs = talk.find();
    EXPECT_EQ(pairs[1].answers->index, 0);
    EXPECT_EQ(pairs[2].answers->index, 1);
    EXPECT_EQ(pairs[1].unanswered, 0);
}

TEST(Pairs, TakesManyAddressesForAnswerToGetaddr)
{
    PairsOf talk;
    talk.add(kOut, "getaddr").mutable_getaddr();
    talk.add(kIn, "addrv2").mutable_addrv2()->add_addresses(); // gossip
    auto& many = *talk.add(kIn, "addrv2").mutable_addrv2();
    for (int i = 0; i < 11; ++i)
        many.add_addresses();
    const auto pairs = talk.find();
    EXPECT_FALSE(pairs[1].answers);
    EXPECT_EQ(pairs[2].answers->index, 0);
}

constexpr std::uint64_t kNonce = 0x5eed;

proto::BlockHeader block_header()
{
    proto::BlockHeader header;
    header.set_hash(hash_bytes(77));
    header.set_previous_block_hash(hash_bytes(76));
    header.set_merkle_root(hash_bytes(75));
    return header;
}

/// Of a compact block with this nonce.
std::uint64_t short_id(std::uint32_t wtxid, std::uint64_t nonce = kNonce)
{
    return wire::ShortIds{block_header(), nonce}.of(hash_bytes(wtxid));
}

void add_compact_block(PairsOf& talk, std::vector<std::uint64_t> short_ids)
{
    auto& block = *talk.add(kIn, "cmpctblock").mutable_cmpctblock();
    *block.mutable_header() = block_header();
    block.set_nonce(kNonce);
    for (const auto id : short_ids)
        block.add_short_ids(id);
}

void add_blocktxn(PairsOf& talk, std::vector<std::uint32_t> wtxids)
{
    auto& answer = *talk.add(kIn, "blocktxn").mutable_blocktxn();
    answer.set_block_hash(hash_bytes(77));
    for (const auto wtxid : wtxids)
        answer.add_transactions()->set_wtxid(hash_bytes(wtxid));
}

TEST(Pairs, FindsTransactionsOfCompactBlockByShortIds)
{
    PairsOf talk;
    talk.add_tx(kIn, 1);
    talk.add_tx(kIn, 2);
    add_compact_block(talk, {short_id(4), short_id(2), short_id(3)});
    add_blocktxn(talk, {3, 4});
    talk.add_tx(kIn, 4); // sent again
    const auto pairs = talk.find();
    EXPECT_FALSE(pairs[0].in_compact_block);
    ASSERT_TRUE(pairs[1].in_compact_block);
    EXPECT_EQ(pairs[1].in_compact_block->index, 2);
    ASSERT_TRUE(pairs[3].in_compact_block);
    EXPECT_EQ(pairs[3].in_compact_block->matched, 2);
    EXPECT_EQ(pairs[3].in_compact_block->transactions, 2);
    EXPECT_TRUE(pairs[4].in_compact_block);
    EXPECT_EQ(pairs[2].short_ids_matched, 4);
}

TEST(Pairs, SeesBlocktxnWithTransactionsOfAnotherBlock)
{
    PairsOf talk;
    add_compact_block(talk, {short_id(1), short_id(2, kNonce + 1)}); // the second made with another nonce
    add_blocktxn(talk, {1, 2});
    const auto pairs = talk.find();
    EXPECT_EQ(pairs[1].in_compact_block->matched, 1);
    EXPECT_EQ(pairs[1].in_compact_block->transactions, 2);
}

TEST(Pairs, BoundsWhatManyCompactBlocksCost)
{
    PairsOf talk;
    for (std::uint32_t i = 0; i < 200; ++i)
        add_compact_block(talk, {short_id(i)});
    talk.add_tx(kIn, 0);
    talk.add_tx(kIn, 199);
    const auto pairs = talk.find();
    EXPECT_FALSE(pairs[200].in_compact_block); // of a block long ago
    EXPECT_EQ(pairs[201].in_compact_block->index, 199);
}

} // namespace
} // namespace peer_observer::web
