#include "libs/wire/reader.h"
#include "libs/wire/testing/decoding.h"

#include <optional>
#include <string>

namespace peer_observer::wire {
namespace {

using namespace std::string_literals;

TEST(Reader, ReadsNumbers)
{
    Reader reader{"\x01\x02\x03\x04\xff\xff\x12\x34"};
    EXPECT_EQ(reader.number<std::uint32_t>(), 0x04030201U);
    EXPECT_EQ(reader.number<std::int16_t>(), -1);
    EXPECT_EQ(reader.big_endian_u16(), 0x1234);
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_TRUE(reader.ok());
}

TEST(Reader, KeepsTheFirstFailureAndReadsZerosFromThenOn)
{
    Reader reader{"\x01\x02\x03"};
    reader.number<std::uint8_t>();
    EXPECT_EQ(reader.number<std::uint32_t>(), 0U);
    EXPECT_EQ(reader.number<std::uint8_t>(), 0U);
    EXPECT_EQ(reader.hash(), std::string(32, '\0'));
    EXPECT_EQ(reader.bytes(1), "");
    reader.fail("another");
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().reason, "the payload ends early");
    EXPECT_EQ(reader.error().offset, 1U);
}

TEST(Reader, RefusesCompactSizesThatCoreRefuses)
{
    const std::string max_size{"\xfe\x00\x00\x00\x02", 5};
    const std::string one_more{"\xfe\x01\x00\x00\x02", 5};
    Reader most{max_size};
    EXPECT_EQ(most.compact_size(), 0x02000000U);
    EXPECT_TRUE(most.ok());
    Reader too_large{one_more};
    too_large.compact_size();
    EXPECT_EQ(too_large.error().reason, "a CompactSize exceeds 33554432");
}

TEST(Reader, ReadsCompactSizesInTheirShortestFormOnly)
{
    const auto read = [](const std::string& bytes) -> std::optional<std::uint64_t> {
        Reader reader{bytes};
        const auto value = reader.compact_size_without_limit();
        if (!reader.ok() || reader.remaining() > 0) return std::nullopt;
        return value;
    };
    EXPECT_EQ(read("\x00"s), 0U);
    EXPECT_EQ(read("\xfc"), 0xfcU);
    EXPECT_EQ(read("\xfd\xfd\x00"s), 0xfdU);
    EXPECT_EQ(read("\xfd\xff\xff"), 0xffffU);
    EXPECT_EQ(read("\xfe\x00\x00\x01\x00"s), 0x10000U);
    EXPECT_EQ(read("\xfe\xff\xff\xff\xff"), 0xffffffffU);
    EXPECT_EQ(read("\xff\x00\x00\x00\x00\x01\x00\x00\x00"s), 0x100000000U);
    EXPECT_EQ(read("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ~std::uint64_t{0});

    EXPECT_EQ(read("\xfd\xfc\x00"s), std::nullopt);
    EXPECT_EQ(read("\xfe\xff\xff\x00\x00"s), std::nullopt);
    EXPECT_EQ(read("\xff\xff\xff\xff\xff\x00\x00\x00\x00"s), std::nullopt);
    EXPECT_EQ(read("\xfd\xfd"), std::nullopt);
    EXPECT_EQ(read(""), std::nullopt);
}

TEST(Reader, CountsNoMoreEntriesThanFit)
{
    EXPECT_EQ(Reader{"\x02"
                     "abcdef"}
                  .count(3),
              2U);
    Reader reader{"\x02"
                  "abcde"};
    EXPECT_EQ(reader.count(3), 0U);
    EXPECT_FALSE(reader.ok());
}

TEST(Reader, RefusesCountsBeyondALimit)
{
    Reader reader{"\x03"
                  "abc"};
    EXPECT_EQ(reader.count(1, 2, "more than 2"), 0U);
    EXPECT_EQ(reader.error().reason, "more than 2");
}

} // namespace
} // namespace peer_observer::wire
