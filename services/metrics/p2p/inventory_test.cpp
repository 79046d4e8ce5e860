#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

using Item = proto::InventoryItem;

proto::Event inv(proto::Event event, std::vector<std::pair<int, Item::Type>> counts_and_types)
{
    auto& message = *payload_of(event).mutable_inv();
    for (const auto& [count, type] : counts_and_types)
        for (int i = 0; i < count; ++i)
            message.add_items()->set_type(type);
    return event;
}

TEST(Inventory, CountsEntriesByCoresTypeNames)
{
    Metrics metrics;
    metrics.publish({inv(inbound_message("inv"), {{3, Item::WTX},
                                                  {1, Item::TX},
                                                  {1, Item::BLOCK},
                                                  {1, Item::FILTERED_BLOCK},
                                                  {1, Item::CMPCT_BLOCK},
                                                  {1, Item::WITNESS_TX},
                                                  {1, Item::WITNESS_BLOCK},
                                                  {1, Item::WITNESS_FILTERED_BLOCK},
                                                  {1, Item::UNDEFINED},
                                                  {1, static_cast<Item::Type>(-7)}}),
                     inv(outbound_message("inv"), {{2, Item::WTX}})});
    EXPECT_THAT(metrics.values("p2p_inv_entries"),
                UnorderedElementsAre(Pair(R"(direction="inbound",inv_type="wtx")", 3),
                                     Pair(R"(direction="inbound",inv_type="tx")", 1),
                                     Pair(R"(direction="inbound",inv_type="block")", 1),
                                     Pair(R"(direction="inbound",inv_type="merkleblock")", 1),
                                     Pair(R"(direction="inbound",inv_type="cmpctblock")", 1),
                                     Pair(R"(direction="inbound",inv_type="witness-tx")", 1),
                                     Pair(R"(direction="inbound",inv_type="witness-block")", 1),
                                     Pair(R"(direction="inbound",inv_type="witness-merkleblock")", 1),
                                     Pair(R"(direction="inbound",inv_type="unknown")", 2),
                                     Pair(R"(direction="outbound",inv_type="wtx")", 2)));
}

TEST(Inventory, ShowsSizesAsHistogram)
{
    Metrics metrics;
    metrics.publish({inv(inbound_message("inv"), {{1, Item::TX}}), inv(inbound_message("inv"), {{12, Item::TX}}),
                     inv(inbound_message("inv"), {{5001, Item::TX}}), inv(inbound_message("inv"), {})});
    const std::string labels = R"(direction="inbound",host="alpha")";
    EXPECT_EQ(metrics.histogram(metric("p2p_inv_entries_histogram"), labels),
              histogram_of(metric("p2p_inv_entries_histogram"), labels, {1, 12, 5001, 0}));
}

TEST(Inventory, TellsHomogeneousFromHeterogeneous)
{
    Metrics metrics;
    metrics.publish(
        {inv(inbound_message("inv"), {{2, Item::TX}}), inv(inbound_message("inv"), {{1, Item::WTX}}),
         inv(inbound_message("inv"), {{2, Item::TX}, {1, Item::WTX}}), inv(inbound_message("inv"), {}),
         inv(outbound_message("inv"), {{1, static_cast<Item::Type>(98)}, {1, static_cast<Item::Type>(99)}})});
    EXPECT_THAT(metrics.values("p2p_invs_homogeneous"), ElementsAre(Pair(R"(direction="inbound")", 2)));
    EXPECT_THAT(metrics.values("p2p_invs_heterogeneous"),
                UnorderedElementsAre(Pair(R"(direction="inbound")", 1), Pair(R"(direction="outbound")", 1)));
}

TEST(Inventory, CountsLargeOutboundInvs)
{
    Metrics metrics;
    metrics.publish({inv(outbound_message("inv"), {{35, Item::TX}, {35, Item::WTX}}),
                     inv(outbound_message("inv"), {{36, Item::BLOCK}}), inv(inbound_message("inv"), {{36, Item::TX}})});
    EXPECT_THAT(metrics.values("p2p_invs_outbound_large"), IsEmpty());
    metrics.publish({inv(outbound_message("inv"), {{36, Item::TX}}),
                     inv(outbound_message("inv"), {{1, Item::TX}, {36, Item::WTX}})});
    EXPECT_EQ(metrics.value("p2p_invs_outbound_large"), 2);
}

} // namespace
} // namespace peer_observer::metrics::testing
