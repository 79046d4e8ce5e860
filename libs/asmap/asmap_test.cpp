#include "libs/asmap/asmap.h"
#include "libs/asmap/asmap_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::asmap {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t kLargestAsn = 33'521'664;

base::IpBytes ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
{
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

std::uint32_t find(const AsmapWriter& writer, const base::IpBytes& address)
{
    const auto asmap = Asmap::parse(writer.file());
    EXPECT_TRUE(asmap) << asmap.error();
    return asmap ? asmap->find(address) : 0;
}

std::string error_of(const AsmapWriter& writer)
{
    const auto asmap = Asmap::parse(writer.file());
    return asmap ? "none" : asmap.error();
}

TEST(Asmap, MapsNothingWithoutFile)
{
    EXPECT_TRUE(Asmap{}.empty());
    EXPECT_EQ(Asmap{}.find(ipv4(8, 8, 8, 8)), 0U);
}

TEST(Asmap, ReturnsNumbersOfEveryClass)
{
    for (std::uint32_t asn :
         {1U, 2U, 32'768U, 32'769U, 98'304U, 98'305U, 13'335U, 4'200'000U, kLargestAsn - 1, kLargestAsn})
        EXPECT_EQ(find(AsmapWriter{}.add_return(asn), ipv4(8, 8, 8, 8)), asn);
}

TEST(Asmap, BranchesOnTheNextBit)
{
    const auto file = AsmapWriter{}.add_ipv4_prefix().add_branch(
        AsmapWriter{}.add_branch(AsmapWriter{}.add_return(1), AsmapWriter{}.add_return(2)),
        AsmapWriter{}.add_return(3));
    EXPECT_EQ(find(file, ipv4(0, 0, 0, 0)), 1U);
    EXPECT_EQ(find(file, ipv4(63, 255, 255, 255)), 1U);
    EXPECT_EQ(find(file, ipv4(64, 0, 0, 0)), 2U);
    EXPECT_EQ(find(file, ipv4(127, 255, 255, 255)), 2U);
    EXPECT_EQ(find(file, ipv4(128, 0, 0, 0)), 3U);
}

TEST(Asmap, ReadsAListOfNetworks)
{
    const auto systems =
        systems_of({{"11.0.0.0/8", 1}, {"12.5.7.0/24", 2}, {"12.5.6.0/25", 3}, {"2a00:1450::/32", 4}}, "2\tExample\n");
    for (const auto& [address, asn] : std::vector<std::pair<const char*, std::uint32_t>>{{"11.0.0.0", 1},
                                                                                         {"11.255.255.255", 1},
                                                                                         {"12.5.7.255", 2},
                                                                                         {"12.5.6.127", 3},
                                                                                         {"12.5.6.128", 0},
                                                                                         {"13.0.0.0", 0},
                                                                                         {"2a00:1450:ffff::1", 4},
                                                                                         {"2a00:1451::", 0}})
        EXPECT_EQ(systems->find(std::string_view{address}), asn) << address;
    EXPECT_EQ(systems->names().find(2), "Example");
}

TEST(Asmap, ReturnsTheDefaultWhereAMatchFails)
{
    const auto file =
        AsmapWriter{}.add_default(7).add_ipv4_prefix().add_match(0x100 | 203).add_match(0b101).add_return(9);
    EXPECT_EQ(find(file, ipv4(203, 64, 0, 0)), 9U);
    EXPECT_EQ(find(file, ipv4(203, 128, 0, 0)), 7U);
    EXPECT_EQ(find(file, ipv4(204, 64, 0, 0)), 7U);
    EXPECT_EQ(find(file, {}), 7U);
    const auto unmapped = AsmapWriter{}.add_ipv4_prefix().add_return(9);
    EXPECT_EQ(find(unmapped, {}), 0U);
}

TEST(Asmap, UsesAllBitsOfAnAddress)
{
    AsmapWriter file;
    for (int byte = 0; byte < 15; ++byte)
        file.add_match(0x100);
    file.add_match(0x80).add_branch(AsmapWriter{}.add_return(1), AsmapWriter{}.add_return(2));
    EXPECT_EQ(find(file, {}), 1U);
    base::IpBytes last{};
    last[15] = 1;
    EXPECT_EQ(find(file, last), 2U);
}

TEST(Asmap, SaysWhereAndWhyAFileIsBroken)
{
    const AsmapWriter leaf = AsmapWriter{}.add_return(1);
    EXPECT_THAT(error_of({}), HasSubstr("it ends without an AS, before bit 0 of 0"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_default(1).add_return(1)), HasSubstr("an AS follows a default AS"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_default(1).add_default(1).add_match(2).add_return(1)),
                HasSubstr("two default AS in a row"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_match(2).add_match(2).add_return(1)), HasSubstr("two matches could be one"));
    EXPECT_THAT(error_of(AsmapWriter{}.bits(std::vector<std::uint8_t>(8, 1))), HasSubstr("an instruction is cut off"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_return(1).bits({0, 0, 1})), HasSubstr("a bit behind the last AS is set"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_return(1).bits(std::vector<std::uint8_t>(20, 0))),
                HasSubstr("more than seven bits follow the last AS"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_jump(4000).add_return(1)), HasSubstr("a jump leads beyond the end"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_jump(18).add_return(1).add_return(1)),
                HasSubstr("no jump leads to what follows an AS"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_jump(18).add_jump(40).add_return(1).add_return(1).add_return(1)),
                HasSubstr("two jumps cross"));
    EXPECT_THAT(error_of(AsmapWriter{}.add_jump(20).add_match(2).add_default(1).add_return(1).add_return(1)),
                HasSubstr("a jump leads into an instruction"));
    // As Core: only the match right before counts.
    EXPECT_EQ(error_of(AsmapWriter{}.add_match(2).add_match(0x100).add_match(2).add_return(1)), "none");
    AsmapWriter deep;
    for (int byte = 0; byte < 16; ++byte)
        deep.add_match(0x100);
    EXPECT_EQ(error_of(AsmapWriter{deep}.add_return(1)), "none");
    EXPECT_THAT(error_of(AsmapWriter{deep}.add_match(2).add_return(1)), HasSubstr("a path is longer than an address"));
    EXPECT_THAT(error_of(AsmapWriter{deep}.add_branch(leaf, leaf)), HasSubstr("a path is longer than an address"));
}

TEST(Asmap, RefusesEveryTruncation)
{
    AsmapWriter file;
    file.add_ipv4_prefix().add_branch(AsmapWriter{}.add_default(70'000).add_match(0x1aa).add_return(kLargestAsn),
                                      AsmapWriter{}.add_return(2));
    const std::string whole = file.file();
    ASSERT_TRUE(Asmap::parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(Asmap::parse(whole.substr(0, size))) << size;
}

TEST(Asmap, RefusesAFileAboveTheLimit)
{
    EXPECT_THAT(Asmap::parse(std::string(kMaxFileBytes + 1, '\0')).error(), HasSubstr("more than 67108864 bytes"));
}

} // namespace
} // namespace peer_observer::asmap
