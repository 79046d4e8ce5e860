// However large and strange a message is, what it becomes fits into an event.
#include "libs/wire/message_table.h"
#include "libs/wire/testing/decoding.h"
#include "libs/wire/testing/largest_payloads.h"

#include <string>

namespace peer_observer::wire {
namespace {

using proto::Truncated;
using test::compact_size, test::empty_transaction, test::ones, test::repeated, test::transaction, test::zeros;

class LargestEvent : public testing::TestWithParam<MessageType> {};

TEST_P(LargestEvent, FitsInEveryDetail)
{
    for (const auto& payload : test::largest_payloads(GetParam().name)) {
        ASSERT_LE(payload.size(), base::kMaxPayloadBytes);
        for (const auto detail : {TxDetail::counts, TxDetail::ids, TxDetail::full, TxDetail::raw}) {
            std::string out;
            const auto result = test::decode(GetParam().name, payload, out, detail);
            ASSERT_TRUE(result) << result.error().reason << " at " << result.error().offset;
            // The rest is for a hundred empty transactions.
            EXPECT_LE(out.size(), (detail == TxDetail::raw ? 5 : 4) * payload.size() + (16 << 10));
            EXPECT_LE(out.size(), base::kMaxDecodedBytes);
            if (!result->truncated) continue;
            EXPECT_EQ(result->truncated->reason, Truncated::TOO_MANY_TRANSACTIONS);
        }
    }
}

TEST_P(LargestEvent, IsCutToAnyBudgetAndSaysSo)
{
    for (const auto& payload : test::largest_payloads(GetParam().name)) {
        for (const std::size_t budget : {std::size_t{0}, std::size_t{20}, std::size_t{1000}, std::size_t{1} << 20U}) {
            std::string out = "before";
            const auto result = wire::decode(GetParam().name, test::as_span(payload), {TxDetail::raw, budget}, out);
            ASSERT_TRUE(result);
            EXPECT_LE(out.size(), budget + 6);
            // One field goes beyond the budget at most, or a thousand inventory items.
            EXPECT_LE(out.capacity(), 2 * (budget + payload.size() + 64 * 1024)) << payload.size();
            if (out.size() == 6) {
                ASSERT_TRUE(result->truncated);
                EXPECT_EQ(result->truncated->kept, Truncated::NOTHING);
                continue;
            }
            proto::MessagePayload message;
            ASSERT_TRUE(message.ParseFromString(out.substr(6)));
            EXPECT_EQ(static_cast<std::uint32_t>(message.payload_case()), GetParam().field);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(, LargestEvent, testing::ValuesIn(kMessageTypes),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST(Truncation, TakesTheMostDetailThatFits)
{
    const auto block = ones(80) + compact_size(100) + repeated(transaction(10), 100);
    std::map<TxDetail, std::size_t> sizes;
    for (const auto detail : {TxDetail::counts, TxDetail::ids, TxDetail::full, TxDetail::raw}) {
        std::string out;
        ASSERT_TRUE(test::decode("block", block, out, detail));
        sizes[detail] = out.size();
    }
    // Room for the lengths of messages that are not closed yet.
    constexpr std::size_t kOpenMessages = 32;
    for (auto& [detail, size] : sizes)
        size += kOpenMessages;
    const auto kept = [&](std::size_t budget) -> std::optional<Truncated::Kept> {
        std::string out;
        const auto result = wire::decode("block", test::as_span(block), {TxDetail::raw, budget}, out);
        if (!result->truncated) return std::nullopt;
        EXPECT_EQ(result->truncated->reason, Truncated::EVENT_TOO_LARGE);
        return result->truncated->kept;
    };
    EXPECT_EQ(kept(sizes[TxDetail::raw]), std::nullopt);
    EXPECT_EQ(kept(sizes[TxDetail::raw] - kOpenMessages - 1), Truncated::DECODED);
    EXPECT_EQ(kept(sizes[TxDetail::full]), Truncated::DECODED);
    EXPECT_EQ(kept(sizes[TxDetail::full] - kOpenMessages - 1), Truncated::IDS);
    EXPECT_EQ(kept(sizes[TxDetail::ids]), Truncated::IDS);
    EXPECT_EQ(kept(sizes[TxDetail::ids] - kOpenMessages - 1), Truncated::COUNTS);
    EXPECT_EQ(kept(sizes[TxDetail::counts]), Truncated::COUNTS);
    EXPECT_EQ(kept(sizes[TxDetail::counts] - kOpenMessages - 1), Truncated::NOTHING);
}

TEST(Truncation, CountsMoreTransactionsThanAValidBlockHolds)
{
    for (const auto& [type, before, between] : {std::tuple{"block", ones(80), zeros(0)},
                                                {"blocktxn", ones(32), zeros(0)},
                                                {"cmpctblock", ones(88) + zeros(1), zeros(1)}}) {
        const auto decode = [&](const std::string& each, std::size_t count) {
            std::string out;
            const auto result = test::decode(type, before + compact_size(count) + repeated(between + each, count), out);
            EXPECT_TRUE(result) << type;
            proto::MessagePayload message;
            EXPECT_TRUE(message.ParseFromString(out));
            EXPECT_EQ(message.block().transaction_count() + message.blocktxn().transaction_count() +
                          message.cmpctblock().prefilled_count(),
                      count);
            const auto transactions = message.block().transactions_size() + message.blocktxn().transactions_size() +
                                      message.cmpctblock().prefilled_size();
            EXPECT_EQ(transactions, result->truncated ? 0 : static_cast<int>(count));
            return result->truncated ? result->truncated->reason : Truncated::UNKNOWN_REASON;
        };
        EXPECT_EQ(decode(transaction(1), 16'666), Truncated::UNKNOWN_REASON) << type;
        EXPECT_EQ(decode(transaction(1), 16'667), Truncated::TOO_MANY_TRANSACTIONS) << type;
        // Valid ones have 60 bytes.
        EXPECT_EQ(decode(empty_transaction(), 100), Truncated::UNKNOWN_REASON) << type;
        EXPECT_EQ(decode(empty_transaction(), 101), Truncated::TOO_MANY_TRANSACTIONS) << type;
        // As many as are claimed must have room.
        EXPECT_EQ(test::decode_error(type, before + compact_size(20'000)), "the payload ends early") << type;
    }
}

TEST(Truncation, CountsAreForMessagesWithListsOfTransactions)
{
    for (const auto& type : kMessageTypes)
        EXPECT_EQ(has_counts(type.name), type.name == "block" || type.name == "blocktxn" || type.name == "cmpctblock");
    EXPECT_FALSE(has_counts("foobar"));
}

} // namespace
} // namespace peer_observer::wire
