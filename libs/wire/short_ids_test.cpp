#include "libs/base/hex.h"
#include "libs/wire/short_ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace peer_observer::wire {
namespace {

std::string counting(std::size_t size)
{
    std::string bytes(size, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    return bytes;
}

/// Vectors of the authors' reference implementation, siphash24.c; Core's hash_tests.cpp has the same.
TEST(SipHash, MakesHashesOfReferenceImplementation)
{
    std::array<char, 16> key;
    std::iota(key.begin(), key.end(), '\0');
    const SipHash hash{key};
    EXPECT_EQ(hash(""), 0x726fdb47dd0e0e31);
    EXPECT_EQ(hash(counting(1)), 0x74f839c593dc67fd);
    EXPECT_EQ(hash(counting(8)), 0x93f5f5799a932462);
    EXPECT_EQ(hash(counting(32)), 0x7127512f72f27cce);
    EXPECT_EQ(hash(counting(63)), 0x958a324ceb064572);
}

/// The figures are those that the framework of Core's functional tests calculates (messages.py, HeaderAndShortIDs).
TEST(ShortIds, MakesIdsAsCore)
{
    proto::BlockHeader header;
    header.set_version(0x20000000);
    header.set_previous_block_hash(std::string(32, '\x11'));
    header.set_merkle_root(std::string(32, '\x22'));
    header.set_time_s(1'790'000'000);
    header.set_bits(0x207fffff);
    header.set_nonce(7);
    auto wtxid = *base::from_hex("9a7a326161f6f669870161896dd519218ff5527349169a470656606096a387a7");
    std::ranges::reverse(wtxid);
    const ShortIds ids{header, 0x0102030405060708};
    EXPECT_EQ(ids.of(wtxid), 0xc367673bcfa0);
    EXPECT_EQ(ids.of(wtxid), 0xc367673bcfa0); // and again
    EXPECT_NE((ShortIds{header, 0x0102030405060709}.of(wtxid)), 0xc367673bcfa0);
}

} // namespace
} // namespace peer_observer::wire
