// Answers that become gauges one to one, fee estimates, and what happens when answers stop.
#include "services/metrics/testing/rpc_testing.h"

namespace peer_observer::metrics::testing {
namespace {

using ::testing::Pair;

proto::Event uptime(std::int64_t seconds)
{
    return answer([&](auto& rpc) { rpc.mutable_uptime()->set_seconds(seconds); });
}

TEST(Rpc, ShowsFieldsAsGauges)
{
    Metrics metrics;
    const auto mempool = answer([](auto& rpc) {
        auto& info = *rpc.mutable_getmempoolinfo();
        info.set_loaded(true);
        info.set_size(3);
        info.set_bytes(400);
        info.set_total_fee(0.00000123);
    });
    const auto memory = answer([](auto& rpc) {
        rpc.mutable_getmemoryinfo()->mutable_locked()->set_locked(65536);
        rpc.mutable_getmemoryinfo()->mutable_locked()->set_chunks_free(0);
    });
    const auto chain = answer([](auto& rpc) {
        rpc.mutable_getblockchaininfo()->set_pruned(false);
        rpc.mutable_getblockchaininfo()->set_difficulty(1.5);
        rpc.mutable_getblockchaininfo()->add_warnings("unknown rules");
    });
    metrics.publish({mempool, memory, chain, uptime(77)});
    EXPECT_EQ(metrics.value("rpc_mempoolinfo_mempool_loaded"), 1);
    EXPECT_EQ(metrics.value("rpc_mempoolinfo_transaction_count"), 3);
    EXPECT_EQ(metrics.value("rpc_mempoolinfo_transaction_vbyte"), 400);
    EXPECT_EQ(metrics.value("rpc_mempoolinfo_transaction_fees"), 0.00000123);
    EXPECT_EQ(metrics.value("rpc_memoryinfo_locked_locked"), 65536);
    EXPECT_EQ(metrics.value("rpc_memoryinfo_locked_chunks_free"), 0);
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_difficulty"), 1.5);
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_pruned"), 0);
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_warnings"), 1);
    EXPECT_EQ(metrics.value("rpc_uptime"), 77);
    EXPECT_EQ(metrics.value("rpc_mempoolinfo_memory_max"), std::nullopt) << "the node did not say";
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_prune_height"), std::nullopt);
}

TEST(Rpc, RemovesGaugesThatTheNextAnswerLacks)
{
    Metrics metrics;
    const auto chain = [](std::optional<int> prune_height) {
        return answer([&](auto& rpc) {
            rpc.mutable_getblockchaininfo()->set_blocks(5);
            if (prune_height) rpc.mutable_getblockchaininfo()->set_pruneheight(*prune_height);
        });
    };
    metrics.publish({chain(3)});
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_prune_height"), 3);
    metrics.publish({chain({})});
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_prune_height"), std::nullopt);
    EXPECT_EQ(metrics.value("rpc_blockchaininfo_blocks"), 5);
}

TEST(Rpc, RemovesGaugesWhenAnswersStop)
{
    Metrics metrics;
    const auto pass = [&](std::chrono::seconds time) {
        metrics.now.steady += time;
        metrics.tick();
        return metrics.value("rpc_uptime");
    };
    metrics.publish({uptime(1)});
    EXPECT_EQ(pass(300s), 1) << "of rare calls one knows only the first yet";
    EXPECT_EQ(pass(1s), std::nullopt);

    metrics.publish({uptime(2)});
    metrics.now.steady += 10s;
    metrics.publish({uptime(3)});
    EXPECT_EQ(pass(60s), 3);
    EXPECT_EQ(pass(1s), std::nullopt);

    metrics.publish({uptime(4)});
    metrics.now.steady += 120s;
    metrics.publish({uptime(5)});
    EXPECT_EQ(pass(300s), 5);
    EXPECT_EQ(pass(1s), std::nullopt);
}

TEST(Rpc, KeepsGaugesOfRareCallsWhenTheExtractorRestarts)
{
    Metrics metrics;
    metrics.publish({uptime(1)});
    metrics.now.steady += 120s;
    metrics.publish({uptime(2)});
    metrics.now.steady += 5s;
    metrics.publish({uptime(3)}); // the new extractor asks for everything at once
    metrics.now.steady += 120s;
    metrics.tick();
    EXPECT_EQ(metrics.value("rpc_uptime"), 3);
}

TEST(Rpc, ShowsNetworksAndAddressManager)
{
    Metrics metrics;
    const auto networks = answer([](auto& rpc) {
        auto& onion = *rpc.mutable_getnetworkinfo()->add_networks();
        onion.set_name("onion");
        onion.set_limited(true);
        onion.set_reachable(false);
        rpc.mutable_getnetworkinfo()->add_localaddresses();
    });
    const auto addresses = answer([](auto& rpc) {
        auto& counts = (*rpc.mutable_getaddrmaninfo()->mutable_networks())["ipv4"];
        counts.set_new_(2);
        counts.set_tried(0);
        counts.set_total(2);
    });
    metrics.publish({networks, addresses});
    EXPECT_THAT(metrics.all_values("rpc_networkinfo_networks"),
                UnorderedElementsAre(Pair(R"(network="onion",property="limited")", 1),
                                     Pair(R"(network="onion",property="reachable")", 0)));
    EXPECT_EQ(metrics.value("rpc_networkinfo_local_addresses_count"), 1);
    EXPECT_THAT(metrics.all_values("rpc_addrmaninfo"),
                UnorderedElementsAre(Pair(R"(network="ipv4",table="new")", 2),
                                     Pair(R"(network="ipv4",table="tried")", 0),
                                     Pair(R"(network="ipv4",table="total")", 2)));
}

TEST(Rpc, ShowsSeveralFeeEstimates)
{
    Metrics metrics;
    const auto estimate = [](std::uint32_t target, const char* mode, std::optional<double> feerate) {
        return answer([&](auto& rpc) {
            rpc.mutable_estimatesmartfee()->set_conf_target(target);
            rpc.mutable_estimatesmartfee()->set_estimate_mode(mode);
            if (feerate) rpc.mutable_estimatesmartfee()->set_feerate(*feerate);
        });
    };
    metrics.publish({estimate(1, "economical", 0.0001), estimate(6, "economical", 0.00005),
                     estimate(6, "conservative", {}), estimate(144, "conservative", 0.00001)});
    EXPECT_THAT(metrics.all_values("rpc_estimatesmartfee_feerate"),
                UnorderedElementsAre(Pair(R"(mode="economical",target_block="1")", ::testing::DoubleEq(10)),
                                     Pair(R"(mode="economical",target_block="6")", ::testing::DoubleEq(5)),
                                     Pair(R"(mode="conservative",target_block="144")", ::testing::DoubleEq(1))));
    metrics.publish({estimate(1, "economical", {})});
    EXPECT_EQ(metrics.all_values("rpc_estimatesmartfee_feerate").size(), 2U);
}

TEST(Rpc, BoundsCalls)
{
    Metrics metrics;
    std::vector<proto::Event> events;
    for (std::uint32_t target = 0; target < 1000; ++target) {
        events.push_back(answer([&](auto& rpc) {
            rpc.mutable_estimatesmartfee()->set_conf_target(target);
            rpc.mutable_estimatesmartfee()->set_feerate(1);
        }));
    }
    metrics.publish(events);
    EXPECT_LE(metrics.all_values("rpc_estimatesmartfee_feerate").size(), 64U);
}

TEST(Rpc, KeepsConnectionsOnAnswers)
{
    Metrics metrics;
    const auto opened = with(sample_event(), [](auto& event) {
        event.mutable_connection()->mutable_inbound()->set_connection_count(5);
        event.mutable_connection()->mutable_inbound()->set_connection_type("inbound");
    });
    metrics.publish({opened, uptime(1)});
    EXPECT_EQ(metrics.value("conn_inbound_current"), 5);
    EXPECT_THAT(metrics.values("unknown_events_total"), IsEmpty());
    metrics.publish({answer([](auto&) {})}); // a method that this version does not know
    EXPECT_EQ(metrics.value("unknown_events_total"), 1);
}

} // namespace
} // namespace peer_observer::metrics::testing
