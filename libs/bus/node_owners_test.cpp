#include "libs/bus/node_owners.h"
#include "libs/bus/option_error.h"

#include <gmock/gmock.h>

namespace peer_observer::bus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

NodeOwners owners_of(const std::vector<std::string>& sources)
{
    NodeOwners owners;
    for (const auto& text : sources) {
        auto [url, nodes] = parse_bound_source(text);
        owners.add_source(parse_endpoint(url, TlsFiles{}), nodes);
    }
    return owners;
}

TEST(NodeOwners, RefusesTakenNodeToPublisherOnAnotherHost)
{
    auto owners = owners_of({"tls+tcp://alpha.example:9331", "tls+tcp://beta.example:9331"});
    EXPECT_FALSE(owners.refusal(0, "alpha"));
    EXPECT_FALSE(owners.refusal(1, "beta"));
    EXPECT_EQ(owners.refusal(0, "beta"), "it came from tls+tcp://beta.example:9331 first, which is another host");
    EXPECT_FALSE(owners.refusal(1, "beta"));
}

TEST(NodeOwners, ShareNodeAmongPublishersOfOneHost)
{
    auto owners = owners_of({"tls+tcp://alpha.example:9331", "tls+tcp://Alpha.example:9341", "ipc:///run/alpha",
                             "tcp://127.0.0.1:1", "tcp://localhost:2", "tcp://[::1]:3"});
    for (const std::size_t source : {0U, 1U})
        EXPECT_FALSE(owners.refusal(source, "alpha"));
    for (const std::size_t source : {2U, 3U, 4U, 5U})
        EXPECT_FALSE(owners.refusal(source, "beta"));
    EXPECT_TRUE(owners.refusal(2, "alpha"));
}

TEST(NodeOwners, GivesBoundNodeToItsSourceOnly)
{
    auto owners = owners_of({"tcp://alpha.example:1=alpha", "tcp://other.example:1=alpha,tools", "tcp://beta.example:1",
                             "tcp://alpha.example:2"});
    EXPECT_EQ(owners.refusal(2, "alpha"), "it is bound to tcp://alpha.example:1");
    EXPECT_TRUE(owners.refusal(3, "alpha")) << "not for the same host's name either";
    EXPECT_FALSE(owners.refusal(0, "alpha"));
    EXPECT_FALSE(owners.refusal(1, "alpha"));
    EXPECT_FALSE(owners.refusal(1, "tools"));
    EXPECT_EQ(owners.refusal(0, "beta"), "the source is bound to other nodes");
    EXPECT_FALSE(owners.refusal(2, "beta"));
}

TEST(NodeOwners, BoundsInventedNamesAndShutsNobodyOut)
{
    auto owners = owners_of({"tcp://alpha.example:1", "tcp://liar.example:1"});
    EXPECT_FALSE(owners.refusal(0, "alpha"));
    for (int i = 0; i < 10'000; ++i)
        EXPECT_FALSE(owners.refusal(1, "n" + std::to_string(i)));
    EXPECT_FALSE(owners.refusal(0, "late"));
    EXPECT_FALSE(owners.refusal(0, "alpha"));
    EXPECT_TRUE(owners.refusal(1, "alpha"));
}

TEST(BoundSource, IsAUrlWithNames)
{
    EXPECT_EQ(parse_bound_source("tcp://a:1").url, "tcp://a:1");
    EXPECT_THAT(parse_bound_source("tcp://a:1").nodes, IsEmpty());
    EXPECT_EQ(parse_bound_source("tls+tcp://a:1=x,y").url, "tls+tcp://a:1");
    EXPECT_THAT(parse_bound_source("tls+tcp://a:1=x,y").nodes, ElementsAre("x", "y"));
    EXPECT_EQ(parse_bound_source("ipc:///run/a=b/bus").url, "ipc:///run/a=b/bus");
    EXPECT_EQ(parse_bound_source("ipc:///run/a=b=x").url, "ipc:///run/a=b");
    for (const char* bad : {"tcp://a:1=", "tcp://a:1=x,", "tcp://a:1=,x", "tcp://a:1=x y"})
        EXPECT_THROW(parse_bound_source(bad), OptionError) << bad;
}

} // namespace
} // namespace peer_observer::bus
