// A real block of the main chain, checked against what the block itself commits to.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "libs/base/hex.h"
#include "libs/wire/sha256.h"
#include "libs/wire/testing/decoding.h"

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

class MainnetBlock : public testing::Test {
protected:
    void SetUp() override
    {
        if (!std::filesystem::exists(MAINNET_BLOCK)) GTEST_SKIP() << "no file " MAINNET_BLOCK;
        bytes_ = test::read_file(MAINNET_BLOCK);
    }

    std::string bytes_;
};

TEST_F(MainnetBlock, HasTheKnownHashAndTxidsThatMakeItsMerkleRoot)
{
    for (const auto detail : {TxDetail::ids, TxDetail::full, TxDetail::raw}) {
        const auto block = test::decoded("block", bytes_, detail).block();
        EXPECT_EQ(base::to_reversed_hex(block.header().hash()),
                  "0000000000000000025aff8be8a55df8f89c77296db6198f272d6577325d4069");
        EXPECT_EQ(block.transaction_count(), 1557U);
        ASSERT_EQ(block.txids_size(), 1557);
        EXPECT_EQ(merkle_root({block.txids().begin(), block.txids().end()}), block.header().merkle_root());
        EXPECT_EQ(block.size_bytes(), 999'887U);
        EXPECT_EQ(block.weight_wu(), 4 * 999'887U); // from before segregated witness
    }
}

TEST_F(MainnetBlock, KeepsEveryTransactionInFull)
{
    const auto block = test::decoded("block", bytes_, TxDetail::raw).block();
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
    EXPECT_EQ(transactions, bytes_.substr(80 + 3));
    EXPECT_EQ(block.transactions(0).inputs(0).previous_vout(), 0xffffffffU);
    EXPECT_GE(block.transactions(0).outputs(0).value_sat(), 2'500'000'000); // the subsidy of that time
    EXPECT_NE(block.coinbase_script(), "");
}

} // namespace
} // namespace peer_observer::wire
