#include "services/addr-connectivity/base32.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace peer_observer::addr_connectivity {
namespace {

std::string encoded(std::string_view text) { return to_base32(std::vector<std::uint8_t>{text.begin(), text.end()}); }

// RFC 4648, section 10.
TEST(Base32, ReadsAndWritesTheVectorsOfTheRfc)
{
    for (const auto& [text, digits] :
         {std::pair{"", ""}, std::pair{"f", "my"}, std::pair{"fo", "mzxq"}, std::pair{"foo", "mzxw6"},
          std::pair{"foob", "mzxw6yq"}, std::pair{"fooba", "mzxw6ytb"}, std::pair{"foobar", "mzxw6ytboi"}}) {
        EXPECT_EQ(encoded(text), digits);
        std::vector<std::uint8_t> bytes(std::string_view{text}.size());
        ASSERT_TRUE(from_base32(digits, bytes)) << digits;
        EXPECT_EQ((std::string{bytes.begin(), bytes.end()}), text);
    }
}

TEST(Base32, RefusesOtherTexts)
{
    std::array<std::uint8_t, 1> byte{};
    EXPECT_TRUE(from_base32("MY", byte));
    for (const auto* text : {"", "m", "mya", "m1", "m=", "mz"})
        EXPECT_FALSE(from_base32(text, byte)) << text;
}

} // namespace
} // namespace peer_observer::addr_connectivity
