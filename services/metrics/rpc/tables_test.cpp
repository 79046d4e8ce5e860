// Orphans and the tables of the address manager.
#include "services/metrics/testing/rpc_testing.h"

namespace peer_observer::metrics::testing {
namespace {

using ::testing::Pair;

struct Orphan {
    std::string wtxid;
    std::uint64_t bytes;
    int announcers;
};

proto::Event orphans(const std::vector<Orphan>& list)
{
    return answer([&](auto& rpc) {
        rpc.mutable_getorphantxs();
        for (const auto& [wtxid, bytes, announcers] : list) {
            auto& orphan = *rpc.mutable_getorphantxs()->add_orphans();
            orphan.set_wtxid(wtxid);
            orphan.set_bytes(bytes);
            orphan.set_vsize(bytes / 2);
            orphan.set_weight(bytes * 2);
            for (int i = 0; i < announcers; ++i)
                orphan.add_from(i);
        }
    });
}

TEST(RpcOrphans, SumsOrphans)
{
    Metrics metrics;
    metrics.publish({orphans({{"a", 100, 1}, {"b", 300, 4}})});
    EXPECT_EQ(metrics.value("rpc_getorphantxs_count"), 2);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_bytes"), 400);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_vsize"), 200);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_weight"), 800);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_from_mean"), 2.5);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_from_min"), 1);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_from_max"), 4);
    metrics.publish({orphans({})});
    EXPECT_EQ(metrics.value("rpc_getorphantxs_count"), 0);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_from_mean"), std::nullopt);
}

TEST(RpcOrphans, CountsAddedAndRemoved)
{
    Metrics metrics;
    metrics.publish({orphans({{"a", 100, 1}, {"b", 300, 1}})});
    EXPECT_EQ(metrics.value("rpc_getorphantxs_added_count"), 0);
    metrics.publish({orphans({{"b", 300, 1}, {"c", 50, 1}, {"d", 7, 1}}), orphans({{"d", 7, 1}})});
    EXPECT_EQ(metrics.value("rpc_getorphantxs_added_count"), 2);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_added_bytes"), 57);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_removed_count"), 3);
    EXPECT_EQ(metrics.value("rpc_getorphantxs_removed_bytes"), 450);
}

struct Entry {
    std::string place;
    std::string address;
    std::int64_t age_s = 60;
    std::uint64_t services = 1;
    std::string network = "ipv4";
    std::uint32_t port = 8333;
    std::string source = "192.0.2.200";
    std::uint32_t as = 0;
};

proto::Event tables(const std::vector<Entry>& fresh, const std::vector<Entry>& tried = {})
{
    return answer([&](auto& rpc) {
        auto& raw = *rpc.mutable_getrawaddrman();
        for (const auto& [table, entries] :
             {std::pair{raw.mutable_new_(), &fresh}, std::pair{raw.mutable_tried(), &tried}}) {
            for (const Entry& entry : *entries) {
                auto& out = (*table)[entry.place];
                out.set_address(entry.address);
                out.set_time(kTime_s - entry.age_s);
                out.set_services(entry.services);
                out.set_network(entry.network);
                out.set_port(entry.port);
                if (!entry.source.empty()) out.set_source(entry.source);
                if (entry.as != 0) out.set_mapped_as(entry.as);
                if (entry.as != 0) out.set_source_mapped_as(64500);
            }
        }
    });
}

TEST(RpcAddrMan, CountsEntriesByProperty)
{
    Metrics metrics;
    metrics.publish({tables({{"0/1", "192.0.2.1", 60, 1 | 1U << 10U},
                             {"0/2", "192.0.2.2", 60, 1},
                             {"5/2", "x.onion", 60, 1, "onion", 18333}},
                            {{"0/1", "192.0.2.1", 60, std::uint64_t{1} << 63U}})});
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_entries"),
                UnorderedElementsAre(Pair(R"(network="ipv4",table="new")", 2),
                                     Pair(R"(network="onion",table="new")", 1),
                                     Pair(R"(network="ipv4",table="tried")", 1)));
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_ports"),
                UnorderedElementsAre(Pair(R"(port="8333",table="new")", 2), Pair(R"(port="18333",table="new")", 1),
                                     Pair(R"(port="8333",table="tried")", 1)));
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_services"),
                UnorderedElementsAre(Pair(R"(service="1025",table="new")", 1), Pair(R"(service="1",table="new")", 2),
                                     Pair(R"(service="9223372036854775808",table="tried")", 1)));
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_service_bits"),
                UnorderedElementsAre(Pair(R"(service_bit="0",table="new")", 3),
                                     Pair(R"(service_bit="10",table="new")", 1),
                                     Pair(R"(service_bit="63",table="tried")", 1)));
}

TEST(RpcAddrMan, FoldsInventedPorts)
{
    Metrics metrics;
    std::vector<Entry> entries;
    for (std::uint32_t port = 1; port <= 5000; ++port)
        entries.push_back({.place = std::to_string(port), .address = "192.0.2.1", .port = port});
    metrics.publish({tables(entries)});
    const auto ports = metrics.all_values("rpc_getrawaddrman_ports");
    EXPECT_EQ(ports.size(), kMaxLabelValues + 1);
    EXPECT_EQ(ports.at(R"(port="other",table="new")"), 4800);
}

TEST(RpcAddrMan, CountsDistinctSources)
{
    Metrics metrics;
    const auto from = [](const char* place, const char* source, std::uint32_t as) {
        return Entry{.place = place, .address = "192.0.2.1", .source = source, .as = as};
    };
    metrics.publish({tables({from("0/1", "192.0.2.7", 1), from("0/2", "192.0.2.7", 2), from("0/3", "192.0.2.8", 2)},
                            {from("0/1", "192.0.2.7", 0)})});
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_distinct_sources"),
                UnorderedElementsAre(Pair(R"(table="new")", 2), Pair(R"(table="tried")", 1)));
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_distinct_asns"), ElementsAre(Pair(R"(table="new")", 2)))
        << "without -asmap there is nothing to say";
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_distinct_source_asn"), ElementsAre(Pair(R"(table="new")", 1)));
}

// Core always names the source: an answer without any was too large for an event.
TEST(RpcAddrMan, TellsNothingOfSourcesWhereTheAnswerHasNone)
{
    Metrics metrics;
    metrics.publish({tables({{.place = "0/1", .address = "192.0.2.1", .source = ""}})});
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_distinct_sources"), ElementsAre(Pair(R"(table="tried")", 0)));
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_entries"), ElementsAre(Pair(R"(network="ipv4",table="new")", 1)));
}

TEST(RpcAddrMan, CountsChanges)
{
    Metrics metrics;
    metrics.publish({tables({{"0/1", "192.0.2.1"}, {"0/2", "192.0.2.2"}, {"0/3", "192.0.2.3"}, {"0/4", "192.0.2.4"}})});
    const auto count = [&](std::string_view name) { return metrics.value(name, R"(table="new")"); };
    EXPECT_EQ(count("rpc_getrawaddrman_added_entry"), 0);
    metrics.publish({tables({{"0/1", "192.0.2.9", 1, 5}, // another address: nothing else is compared
                             {"0/2", "192.0.2.2", 61},
                             {"0/3", "192.0.2.3", 61, 9},
                             {"7/4", "192.0.2.4"}})});
    EXPECT_EQ(count("rpc_getrawaddrman_added_entry"), 1);
    EXPECT_EQ(count("rpc_getrawaddrman_replaced_entry"), 1);
    EXPECT_EQ(count("rpc_getrawaddrman_changed_services"), 1);
    EXPECT_EQ(count("rpc_getrawaddrman_changed_timestamps"), 2);
    EXPECT_EQ(metrics.all_values("rpc_getrawaddrman_added_entry").at(R"(table="tried")"), 0);
}

TEST(RpcAddrMan, ShowsAges)
{
    Metrics metrics;
    constexpr std::int64_t kDay_s = 86400;
    metrics.publish({tables({{"0/1", "a", 0},
                             {"0/2", "b", 3600},
                             {"0/3", "c", 3601},
                             {"0/4", "d", 30 * kDay_s},
                             {"0/5", "e", 31 * kDay_s}})});
    const auto buckets = metrics.all_values("rpc_getrawaddrman_entry_age_seconds_bucket");
    EXPECT_EQ(buckets.size(), 20U) << "the empty table too";
    EXPECT_EQ(buckets.at(R"(le="3600",table="new")"), 2);
    EXPECT_EQ(buckets.at(R"(le="21600",table="new")"), 3);
    EXPECT_EQ(buckets.at(R"(le="2592000",table="new")"), 4);
    EXPECT_EQ(buckets.at(R"(le="5184000",table="new")"), 5);
    EXPECT_EQ(buckets.at(R"(le="+Inf",table="new")"), 5);
    const auto quantiles = metrics.all_values("rpc_getrawaddrman_entry_age_seconds");
    EXPECT_EQ(quantiles.size(), 5U);
    EXPECT_EQ(quantiles.at(R"(quantile="0.5",table="new")"), 3601);
    EXPECT_EQ(quantiles.at(R"(quantile="0.25",table="new")"), 3600);
    EXPECT_EQ(quantiles.at(R"(quantile="0.1",table="new")"), 1440);
}

TEST(RpcAddrMan, CountsTerribleAndFutureEntries)
{
    Metrics metrics;
    constexpr std::int64_t kHorizon_s = 30 * 86400;
    metrics.publish({tables({{"0/1", "a", kHorizon_s},
                             {"0/2", "b", kHorizon_s + 1},
                             {"0/3", "c", -600},
                             {"0/4", "d", -601},
                             {"0/5", "e", 5, 1, "onion"}})});
    EXPECT_THAT(
        metrics.all_values("rpc_getrawaddrman_terrible_entries"),
        UnorderedElementsAre(Pair(R"(network="ipv4",table="new")", 2), Pair(R"(network="onion",table="new")", 0)));
    EXPECT_THAT(metrics.all_values("rpc_getrawaddrman_future_entries"),
                UnorderedElementsAre(Pair(R"(min_offset_seconds="0",network="ipv4",table="new")", 2),
                                     Pair(R"(min_offset_seconds="600",network="ipv4",table="new")", 1),
                                     Pair(R"(min_offset_seconds="0",network="onion",table="new")", 0),
                                     Pair(R"(min_offset_seconds="600",network="onion",table="new")", 0)));
}

} // namespace
} // namespace peer_observer::metrics::testing
