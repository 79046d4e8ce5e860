#include "libs/base/open_field.h"

#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include <array>

namespace peer_observer::base {
namespace {

constexpr std::array<std::size_t, 10> kSizes = {0, 1, 127, 128, 129, 16'383, 16'384, 100'000, 2'097'151, 2'097'152};

TEST(OpenField, WritesWhatProtozeroWritesWhateverWasExpected)
{
    for (const std::uint32_t number : {1U, 15U, 16U, 500U}) {
        for (const auto size : kSizes) {
            const std::string content(size, 'x');
            std::string right = "before";
            protozero::pbf_writer{right}.add_bytes(number, content);
            for (const auto expected : kSizes) {
                std::string out = "before";
                const OpenField field{out, number, expected};
                out += content;
                EXPECT_EQ(field.content_bytes(out), size);
                field.close(out);
                ASSERT_EQ(out, right) << "expected " << expected;
            }
        }
    }
}

TEST(OpenField, IsUndone)
{
    std::string out = "before";
    const OpenField field{out, 3, 1000};
    out += "content";
    field.undo(out);
    EXPECT_EQ(out, "before");
}

TEST(OpenField, HoldsOthers)
{
    std::string inner;
    protozero::pbf_writer{inner}.add_bytes(2, std::string(200, 'x'));
    std::string right;
    protozero::pbf_writer{right}.add_bytes(1, inner);

    std::string out;
    const OpenField outer_field{out, 1};
    const OpenField inner_field{out, 2};
    out.append(200, 'x');
    inner_field.close(out);
    outer_field.close(out);
    EXPECT_EQ(out, right);
}

} // namespace
} // namespace peer_observer::base
