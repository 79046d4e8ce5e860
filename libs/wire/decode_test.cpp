#include "libs/wire/decode.h"
#include "libs/wire/testing/decoding.h"
#include "libs/wire/testing/largest_payloads.h"

#include <string>

namespace peer_observer::wire {
namespace {

using test::decode_error;
using test::decoded;
using test::zeros;

/// A CompactSize of two bytes' value.
std::string count_u16(unsigned value)
{
    return {'\xfd', static_cast<char>(value & 0xff), static_cast<char>(value >> 8)};
}

TEST(Decode, AppendsToWhatIsThere)
{
    std::string out = "before";
    ASSERT_TRUE(test::decode("verack", "", out));
    EXPECT_EQ(out.substr(0, 6), "before");
    proto::MessagePayload message;
    ASSERT_TRUE(message.ParseFromString(out.substr(6)));
    EXPECT_TRUE(message.has_verack());
}

TEST(Decode, RefusesMessageTypesThatItDoesNotKnow)
{
    for (const std::string_view type :
         {"", "a", "inv ", "INV", "invv", "in", "zzzzzzzzzzzz", "reqrecon", "sketch", "reconcildiff", "reqsketchext"}) {
        EXPECT_EQ(decode_error(type, ""), "unknown message type") << type;
    }
    EXPECT_EQ(decode_error(std::string_view{"inv\0", 4}, zeros(1)), "unknown message type");
}

TEST(Decode, TellsWhereAPayloadIsBad)
{
    std::string out;
    const auto trailing = test::decode("getheaders", zeros(4) + "\xfd\x01" + zeros(1), out);
    ASSERT_FALSE(trailing);
    EXPECT_EQ(trailing.error().offset, 7U);
}

TEST(Decode, AcceptsAsManyEntriesAsBitcoinCore)
{
    EXPECT_EQ(decoded("inv", count_u16(50'000) + zeros(50'000 * 36)).inv().items_size(), 50'000);
    // Core has no limit for these: it takes as many as it has asked for, and ignores the rest.
    EXPECT_EQ(decoded("notfound", count_u16(60'000) + zeros(60'000 * 36)).notfound().items_size(), 60'000);
    EXPECT_EQ(decoded("addr", count_u16(1000) + zeros(30'000)).addr().addresses_size(), 1000);
    EXPECT_EQ(decoded("headers", count_u16(2000) + zeros(2000 * 81)).headers().headers_size(), 2000);
    EXPECT_EQ(decoded("getheaders", zeros(4) + "\x65" + zeros(102 * 32)).getheaders().locator_hashes_size(), 101);
    EXPECT_EQ(decoded("cfheaders", zeros(65) + count_u16(2000) + zeros(64'000)).cfheaders().filter_hashes_size(), 2000);
    EXPECT_EQ(decoded("filteradd", count_u16(520) + zeros(520)).filteradd().data().size(), 520U);
    EXPECT_EQ(
        decoded("filterload", count_u16(36'000) + zeros(36'000) + "\x32" + zeros(8)).filterload().hash_functions(),
        50U);
    EXPECT_EQ(decoded("cmpctblock", zeros(88) + count_u16(65'535) + zeros(65'535 * 6) + zeros(1))
                  .cmpctblock()
                  .short_ids_size(),
              65'535);
}

TEST(Decode, RefusesCountsThatThePayloadCannotHold)
{
    // Each claims the largest count of its kind; nothing may be allocated for it.
    const std::string largest = std::string{"\xfe"} + zeros(3) + "\x02";
    for (const auto& [type, before] : {std::pair{"tx", 4},
                                       {"block", 80},
                                       {"merkleblock", 84},
                                       {"blocktxn", 32},
                                       {"getblocktxn", 32},
                                       {"cfcheckpt", 33},
                                       {"cfilter", 33},
                                       {"alert", 0}}) {
        std::string out;
        EXPECT_FALSE(test::decode(type, zeros(static_cast<std::size_t>(before)) + largest, out)) << type;
        EXPECT_LT(out.capacity(), 512U) << type;
    }
}

TEST(Decode, KeepsOfTransactionsWhatTheDetailSays)
{
    const std::string tx = std::string{"\x02"} + zeros(3) + "\x01" + zeros(36) + zeros(1) + zeros(4) + "\x01" +
                           zeros(8) + "\x01\x6a" + zeros(4);
    const auto ids = decoded("tx", tx, TxDetail::ids).tx();
    EXPECT_EQ(ids.txid().size(), 32U);
    EXPECT_EQ(ids.wtxid(), ids.txid());
    EXPECT_EQ(ids.size_bytes(), tx.size());
    EXPECT_EQ(ids.weight_wu(), 4 * tx.size());
    EXPECT_EQ(ids.version(), 0U);
    EXPECT_EQ(ids.inputs_size() + ids.outputs_size(), 0);
    EXPECT_EQ(ids.raw(), "");

    const auto full = decoded("tx", tx, TxDetail::full).tx();
    EXPECT_EQ(full.version(), 2U);
    EXPECT_EQ(full.inputs_size(), 1);
    EXPECT_EQ(full.outputs(0).script_pubkey(), "\x6a");
    EXPECT_EQ(full.raw(), "");

    const auto raw = decoded("tx", tx, TxDetail::raw).tx();
    EXPECT_EQ(raw.outputs_size(), 1);
    EXPECT_EQ(raw.raw(), tx);

    const auto block = zeros(80) + "\x01" + tx;
    EXPECT_EQ(decoded("block", block, TxDetail::ids).block().transactions_size(), 0);
    EXPECT_EQ(decoded("block", block, TxDetail::ids).block().txids(0), ids.txid());
    EXPECT_EQ(decoded("block", block, TxDetail::raw).block().transactions(0).raw(), tx);
}

} // namespace
} // namespace peer_observer::wire
