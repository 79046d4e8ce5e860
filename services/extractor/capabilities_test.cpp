#include "services/extractor/capabilities.h"

#include <gmock/gmock.h>
#include <linux/capability.h>

namespace peer_observer::extractor {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr unsigned long long bit(int capability) { return 1ULL << capability; }
constexpr auto kTracing = bit(CAP_BPF) | bit(CAP_PERFMON);

TEST(Capabilities, GrantsAllToAdministrator) { EXPECT_EQ(missing_capabilities(false, bit(CAP_SYS_ADMIN)), ""); }

TEST(Capabilities, RequiresTwoToAttachManyProbesAtOnce) { EXPECT_EQ(missing_capabilities(true, kTracing), ""); }

TEST(Capabilities, RequiresAdministratorToAttachOneByOne)
{
    const auto missing = missing_capabilities(false, kTracing);
    EXPECT_THAT(missing, HasSubstr("CAP_SYS_ADMIN"));
    EXPECT_THAT(missing, Not(HasSubstr("CAP_BPF")));
}

TEST(Capabilities, NamesEachThatIsMissing)
{
    EXPECT_THAT(missing_capabilities(true, bit(CAP_BPF)), HasSubstr("CAP_PERFMON"));
    EXPECT_THAT(missing_capabilities(true, bit(CAP_PERFMON)), HasSubstr("CAP_BPF"));
}

} // namespace
} // namespace peer_observer::extractor
