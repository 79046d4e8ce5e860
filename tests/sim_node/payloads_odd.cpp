#include "tests/sim_node/payloads.h"

namespace peer_observer::sim_node::payloads {
namespace {

constexpr std::size_t kHeaderSize = 80;

Bytes cut(Bytes bytes, std::size_t size)
{
    bytes.resize(size);
    return bytes;
}

/// A transaction with one input; `flag_and_witness` as they stand after the marker and at the end.
Bytes transaction_with_witness(Random& random, std::uint8_t flag, const Bytes& witness)
{
    Writer writer;
    writer.i32(2).u8(0).u8(flag).compact_size(1).raw(random.hash()).u32(0).compact_size(0).u32(0xffffffff);
    writer.compact_size(1).i64(1'000).var_bytes(random.bytes(22));
    return writer.raw(witness).u32(0).take();
}

} // namespace

std::vector<Odd> odd_payloads(Random& random)
{
    const std::vector<Hash> hashes{random.hash(), random.hash()};
    const Bytes inv = inventory(Inventory::wtx, hashes);
    const Bytes header = random.bytes(kHeaderSize);
    using enum Payload;

    return {
        // Too short.
        {"version", random.bytes(10), malformed},
        {"ping", random.bytes(3), malformed},
        {"feefilter", random.bytes(4), malformed},
        {"sendcmpct", random.bytes(3), malformed},
        {"inv", cut(inv, inv.size() - 1), malformed},
        {"getdata", {}, malformed},
        {"headers", Writer{}.compact_size(1).raw(header).take(), malformed},
        {"tx", random.bytes(20), malformed},
        {"block", Writer{}.raw(header).compact_size(2).raw(random.bytes(8)).take(), malformed},
        {"cmpctblock", header, malformed},
        {"cfilter", random.bytes(5), malformed},
        // A count far larger than the payload, up to the largest there is.
        {"inv", Writer{}.compact_size(50'000).raw(random.bytes(36)).take(), malformed},
        {"tx", Writer{}.i32(2).compact_size(0xffffffffffffffff).take(), malformed},
        {"block", Writer{}.raw(header).compact_size(0x02000000).take(), malformed},
        {"cmpctblock", Writer{}.raw(header).u64(0).compact_size(0xffffffff).take(), malformed},
        // Beyond Core's limits.
        {"inv", Writer{}.compact_size(50'001).zeros(36UL * 50'001).take(), malformed, "inv message size = 50001"},
        {"addr", Writer{}.compact_size(1'001).zeros(30UL * 1'001).take(), malformed, "addr message size = 1001"},
        {"headers", Writer{}.compact_size(2'001).take(), malformed, "headers message size = 2001"},
        {"addrv2", Writer{}.compact_size(1).u32(0).compact_size(1).u8(1).var_bytes(Bytes(513, 7)).port(1).take(),
         malformed},
        {"getblocks", locator(std::vector<Hash>(102, hashes[0]), hashes[1]), malformed},
        {"filterload", filter_load(Bytes(36'001, 1), 10, 0), malformed, "too-large bloom filter"},
        {"filteradd", filter_add(Bytes(521, 1)), malformed, "bad filteradd message"},
        {"version",
         version({.user_agent = "/a user agent of 257 characters, which is one more than Core accepts "
                                "......................................................................"
                                "......................................................................"
                                "................................................/"}),
         malformed},
        // Not canonical: the value would fit into one byte.
        {"inv", Writer{}.u8(0xfd).u8(1).u8(0).u32(1).raw(hashes[0]).take(), malformed},
        // Marker and flag of a transaction that has no witness; a flag that does not exist.
        {"tx", transaction_with_witness(random, 1, {0}), malformed},
        {"tx", transaction_with_witness(random, 2, {1, 1, 0}), malformed},
        // Indexes that add up to more than 16 bits.
        {"getblocktxn", Writer{}.raw(hashes[0]).compact_size(2).compact_size(0xffff).compact_size(0xffff).take(),
         malformed, "getblocktxn with out-of-bounds tx indices"},
        // Complete, and then something more.
        {"ping", random.bytes(12), trailing_bytes},
        {"verack", random.bytes(1), trailing_bytes},
        {"feefilter", random.bytes(10), trailing_bytes},
        {"inv", Writer{}.raw(inv).u8(0).take(), trailing_bytes},
        // Types that no decoder knows, those of BIP330's drafts among them.
        {"reqrecon", random.bytes(4), unknown_type},
        {"sketch", random.bytes(64), unknown_type},
        {"reconcildiff", Writer{}.u8(1).compact_size(1).u32(7).take(), unknown_type},
        {"reqsketchext", {}, unknown_type},
        {"xversion", random.bytes(30), unknown_type},
        {"getutxos", random.bytes(100), unknown_type},
        {"hello world!", random.bytes(2), unknown_type},
        {"", random.bytes(5), unknown_type},
    };
}

} // namespace peer_observer::sim_node::payloads
