#include "services/addr-connectivity/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace peer_observer::addr_connectivity {
namespace {

TEST(Metrics, AreWhatTheDocumentationSays)
{
    std::ifstream file{PEER_OBSERVER_SOURCE "/docs/addr-connectivity.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_NE(page.find("\n\n" + markdown_table() + "\n"), std::string::npos) << markdown_table();
}

TEST(Metrics, AreServedWithTheLabelsThatTheTableHas)
{
    Counters counters;
    counters.checks[index(Network::onion)][proto::AddressChecked::PROXY_ERROR][proto::Announcement::RELAY] = 3;
    counters.not_checked[kUnknownNetwork][proto::AnnouncerReachability::NOT_CONNECTABLE] = 4;
    counters.connect_ns[index(Network::ipv6)] = 1'500'000'000;
    telemetry::Telemetry endpoint{"127.0.0.1:0", "addr-connectivity"};
    add_metrics(endpoint, counters);
    const auto text = endpoint.text();
    for (const auto* line :
         {R"(checks_total{kind="relay",network="onion",result="proxy_error"} 3)",
          R"(not_checked_total{network="unknown",reason="not_connectable"} 4)",
          R"(connect_seconds_total{network="ipv6"} 1.5)", R"(announcements_total{kind="dns_seed",network="ipv4"} 0)"})
        EXPECT_NE(text.find("\npeer_observer_addr_connectivity_" + std::string{line} + "\n"), std::string::npos)
            << line;
    EXPECT_EQ(text.find("unknown_"), std::string::npos);

    std::istringstream table{markdown_table()};
    std::set<std::string> names;
    for (std::string line; std::getline(table, line);) {
        if (!line.starts_with("| `")) continue;
        const auto name = line.substr(3, line.find('`', 3) - 3);
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_NE(text.find("# TYPE " + name + ' '), std::string::npos) << name;
    }
    EXPECT_EQ(names.size(), 18U);
}

} // namespace
} // namespace peer_observer::addr_connectivity
