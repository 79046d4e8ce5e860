// A real block of the main chain, checked against what the block itself commits to: its hash has the proof of work, its
// header the merkle root of its transactions.
#include "libs/base/hex.h"
#include "libs/wire/sha256.h"
#include "libs/wire/testing/decoding.h"

#include <string>
#include <vector>

namespace peer_observer::wire {
namespace {

std::string merkle_root(std::vector<std::string> row)
{
    while (row.size() > 1) {
        if (row.size() % 2 == 1) row.push_back(row.back());
        for (std::size_t i = 0; i < row.size() / 2; ++i) {
            row[i] = view(double_sha256({row[2 * i], row[2 * i + 1]}));
        }
        row.resize(row.size() / 2);
    }
    return row.at(0);
}

std::string block_170() { return test::read_testdata(WIRE_TESTDATA "/block_170_of_mainnet.txt").payload; }

TEST(MainnetBlock, HasTheKnownHashAndTxidsThatMakeItsMerkleRoot)
{
    for (const auto detail : {TxDetail::ids, TxDetail::full, TxDetail::raw}) {
        const auto block = test::decoded("block", block_170(), detail).block();
        EXPECT_EQ(base::to_reversed_hex(block.header().hash()),
                  "00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee");
        EXPECT_EQ(block.transaction_count(), 2U);
        ASSERT_EQ(block.txids_size(), 2);
        EXPECT_EQ(base::to_reversed_hex(block.txids(1)),
                  "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16");
        EXPECT_EQ(merkle_root({block.txids().begin(), block.txids().end()}), block.header().merkle_root());
        EXPECT_EQ(block.size_bytes(), 490U);
        EXPECT_EQ(block.weight_wu(), 4 * 490U); // from before segregated witness
    }
}

TEST(MainnetBlock, KeepsEveryTransactionInFull)
{
    const auto block = test::decoded("block", block_170(), TxDetail::raw).block();
    ASSERT_EQ(block.transactions_size(), block.txids_size());
    std::string transactions;
    for (int i = 0; i < block.txids_size(); ++i) {
        const auto& transaction = block.transactions(i);
        EXPECT_EQ(transaction.txid(), block.txids(i));
        EXPECT_EQ(transaction.wtxid(), block.txids(i));
        EXPECT_GT(transaction.inputs_size(), 0);
        EXPECT_GT(transaction.outputs_size(), 0);
        transactions += transaction.raw();
    }
    EXPECT_EQ(transactions, block_170().substr(80 + 1));
    EXPECT_EQ(block.transactions(0).inputs(0).previous_vout(), 0xffffffffU);
    EXPECT_EQ(block.transactions(0).outputs(0).value_sat(), 5'000'000'000); // the subsidy of that time
    EXPECT_EQ(block.transactions(1).outputs(0).value_sat(), 1'000'000'000); // 10 bitcoins to Hal Finney
    EXPECT_NE(block.coinbase_script(), "");
}

} // namespace
} // namespace peer_observer::wire
