#include "services/metrics/testing/metrics_testing.h"

#include <sstream>

namespace peer_observer::metrics::testing {
namespace {

bool contains(const IpSet& set, std::string_view address) { return set.contains(base::parse_ip(address).value()); }

TEST(IpSet, HoldsAddressesAndNetworks)
{
    std::istringstream text{
        "192.0.2.7\n10.0.0.0/8 # private\n\n; a comment\n 2001:db8::/33\t\r\n2001:db8:8000::1/128\n"};
    auto list = read_ip_list(text);
    EXPECT_EQ(list.bad_lines, 0U);
    EXPECT_EQ(list.networks.size(), 4U);
    const IpSet set{list.networks};
    for (const char* in :
         {"192.0.2.7", "10.0.0.0", "10.255.255.255", "2001:db8::", "2001:db8:7fff:ffff::1", "2001:db8:8000::1"})
        EXPECT_TRUE(contains(set, in)) << in;
    for (const char* out : {"192.0.2.6", "192.0.2.8", "9.255.255.255", "11.0.0.0", "2001:db8:8000::", "::", "::1",
                            "2001:db8:8000::2", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"})
        EXPECT_FALSE(contains(set, out)) << out;
}

TEST(IpSet, MergesWhatOverlaps)
{
    std::istringstream text{"10.1.0.0/16\n10.0.0.0/8\n10.1.2.3\n10.255.255.255\n0.0.0.0/0\n"};
    const IpSet set{read_ip_list(text).networks};
    EXPECT_TRUE(contains(set, "255.255.255.255"));
    EXPECT_FALSE(contains(set, "2001:db8::1"));
}

TEST(IpSet, HoldsNothingByDefault) { EXPECT_FALSE(contains(IpSet{}, "0.0.0.0")); }

TEST(IpList, NamesBadLines)
{
    std::istringstream text{
        "192.0.2.1\nnonsense\n1.2.3.4/33\n::1/129\n1.2.3.4/\n1.2.3.4/8x\n1.2.3.4/-1\n1.2.3\n\x1b[2J\n"};
    const auto list = read_ip_list(text);
    EXPECT_EQ(list.networks.size(), 1U);
    ASSERT_EQ(list.bad_lines, 8U);
    EXPECT_EQ(list.first_bad_lines[0].number, 2U);
    EXPECT_EQ(list.first_bad_lines[0].reason, "'nonsense' is neither an IP address nor a network");
    EXPECT_EQ(list.first_bad_lines[1].reason, "'1.2.3.4/33' has no valid prefix length");
    EXPECT_EQ(list.first_bad_lines[7].reason, "'\\x1b[2J' is neither an IP address nor a network");
}

TEST(IpLists, ReloadsFiles)
{
    const TemporaryFile file{"192.0.2.1\nbad\n"};
    Metrics metrics{{"tor_exit=" + file.path}};
    EXPECT_EQ(metrics.value("ip_list_entries", R"(list="tor_exit")"), 1);
    EXPECT_EQ(metrics.value("ip_list_bad_lines", R"(list="tor_exit")"), 1);
    EXPECT_THAT(metrics.log.lines(),
                Contains("IP list tor_exit: " + file.path + ":2: 'bad' is neither an IP address nor a network"));
    file.write("192.0.2.2\n192.0.2.3\n");
    metrics.lists.reload();
    EXPECT_EQ(metrics.value("ip_list_entries", R"(list="tor_exit")"), 2);
    EXPECT_EQ(metrics.value("ip_list_bad_lines", R"(list="tor_exit")"), 0);
    EXPECT_THAT(metrics.values("ip_list_reloads_total"), ElementsAre(Pair(R"(result="success")", 1)));
    EXPECT_TRUE(contains(metrics.lists.find("tor_exit")->addresses, "192.0.2.3"));
    EXPECT_FALSE(contains(metrics.lists.find("tor_exit")->addresses, "192.0.2.1"));
}

TEST(IpLists, KeepsOldContentIfReloadFails)
{
    const TemporaryFile file{"192.0.2.1\n"};
    Metrics metrics{{"tor_exit=" + file.path}};
    std::filesystem::remove(file.path);
    metrics.lists.reload();
    EXPECT_TRUE(contains(metrics.lists.find("tor_exit")->addresses, "192.0.2.1"));
    EXPECT_THAT(metrics.log.lines().back(), HasSubstr("cannot read " + file.path + ": No such file or directory"));
    EXPECT_THAT(metrics.values("ip_list_reloads_total"), ElementsAre(Pair(R"(result="failure")", 1)));
}

TEST(IpLists, RefusesBadNamesAndMissingFiles)
{
    Registry registry;
    const auto read = [&](std::vector<std::string> lists) { IpLists{lists, registry}; };
    EXPECT_THROW(read({"tor_exit"}), std::invalid_argument);
    EXPECT_THROW(read({"=/dev/null"}), std::invalid_argument);
    EXPECT_THROW(read({"Tor-Exit=/dev/null"}), std::invalid_argument);
    EXPECT_THROW(read({"a=/dev/null", "a=/dev/null"}), std::invalid_argument);
    EXPECT_THROW(read({"a=/nonexistent"}), std::runtime_error);
    EXPECT_THROW(read({"a=/"}), std::runtime_error);
    EXPECT_THROW(read({"a=/dev/null"}), std::runtime_error);
}

} // namespace
} // namespace peer_observer::metrics::testing
