// Mempool, validation and the tracepoints of our patches.
#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

TEST(Mempool, CountsEvents)
{
    Metrics metrics;
    const auto added =
        with(sample_event(), [](auto& event) { event.mutable_mempool()->mutable_added()->set_vsize_vbytes(141); });
    const auto replaced = with(sample_event(), [](auto& event) {
        event.mutable_mempool()->mutable_replaced()->set_replaced_vsize_vbytes(200);
        event.mutable_mempool()->mutable_replaced()->set_replacement_vsize_vbytes(999);
    });
    const auto removed =
        with(sample_event(), [](auto& event) { event.mutable_mempool()->mutable_removed()->set_reason("sizelimit"); });
    const auto rejected = with(sample_event(), [](auto& event) {
        event.mutable_mempool()->mutable_rejected()->set_reason("min relay fee not met");
    });
    metrics.publish({added, added, replaced, removed, rejected});
    EXPECT_EQ(metrics.value("mempool_added"), 2);
    EXPECT_EQ(metrics.value("mempool_added_vbytes"), 282);
    EXPECT_EQ(metrics.value("mempool_replaced"), 1);
    EXPECT_EQ(metrics.value("mempool_replaced_vbytes"), 200);
    EXPECT_THAT(metrics.values("mempool_removed"), ElementsAre(Pair(R"(reason="sizelimit")", 1)));
    EXPECT_THAT(metrics.values("mempool_rejected"), ElementsAre(Pair(R"(reason="min relay fee not met")", 1)));
}

TEST(Validation, ShowsTheLatestBlockAndSumsTimesInMicroseconds)
{
    Metrics metrics;
    EXPECT_THAT(metrics.page(), Not(HasSubstr("peerobserver_validation")));
    const auto block = [](int height, std::int64_t duration_ns) {
        return with(sample_event(), [&](auto& event) {
            auto& connected = *event.mutable_validation()->mutable_block_connected();
            connected.set_height(height);
            connected.set_transaction_count(1557);
            connected.set_input_count(3000);
            connected.set_sigop_cost(8000);
            connected.set_duration_ns(duration_ns);
        });
    };
    metrics.publish({block(413567, 1'000'000), block(413568, 250'000'500)});
    EXPECT_EQ(metrics.value("validation_block_connected_latest_height"), 413568);
    EXPECT_EQ(metrics.value("validation_block_connected_latest_connection_time"), 250000.5);
    EXPECT_EQ(metrics.value("validation_block_connected_latest_sigops"), 8000);
    EXPECT_EQ(metrics.value("validation_block_connected_latest_inputs"), 3000);
    EXPECT_EQ(metrics.value("validation_block_connected_latest_transactions"), 1557);
    EXPECT_EQ(metrics.value("validation_block_connected_connection_time"), 251000.5);
}

TEST(AddrMan, CountsAttemptsByTableAndResult)
{
    Metrics metrics;
    const auto attempt = [](bool inserted) {
        return with(sample_event(),
                    [&](auto& event) { event.mutable_addrman()->mutable_attempt_add()->set_inserted(inserted); });
    };
    metrics.publish({attempt(true), attempt(false), attempt(false),
                     with(sample_event(), [](auto& event) { event.mutable_addrman()->mutable_move_to_good(); })});
    EXPECT_THAT(metrics.values("addrman_attempts_total"),
                UnorderedElementsAre(Pair(R"(result="inserted",table="new")", 1),
                                     Pair(R"(result="not_inserted",table="new")", 2),
                                     Pair(R"(result="inserted",table="tried")", 1)));
}

TEST(Orphans, ShowsOrphansUntilTheNodeRestarts)
{
    Metrics metrics;
    const auto add = with(sample_event(), [](auto& event) {
        event.mutable_orphan()->mutable_add()->set_orphan_count(3);
        event.mutable_orphan()->mutable_add()->set_orphan_weight(1800);
    });
    const auto removed = with(sample_event(), [](auto& event) {
        event.mutable_orphan()->mutable_removed()->set_orphan_count(2);
        event.mutable_orphan()->mutable_removed()->set_orphan_weight(1200);
    });
    metrics.publish({add, removed});
    EXPECT_EQ(metrics.value("orphans_added_total"), 1);
    EXPECT_EQ(metrics.value("orphans_removed_total"), 1);
    EXPECT_EQ(metrics.value("orphans"), 2);
    EXPECT_EQ(metrics.value("orphans_weight"), 1200);
    const auto lost = with(proto::Event{}, [](auto& event) { event.mutable_events_lost()->set_count(1); });
    metrics.publish({lost}); // has no process
    EXPECT_EQ(metrics.value("orphans"), 2);
    metrics.publish({with(inbound_message("ping"), [](auto& event) { event.set_pid(555); })});
    EXPECT_THAT(metrics.values("orphans"), IsEmpty());
}

TEST(Node, ShowsWhenTheToolStarted)
{
    Metrics metrics;
    metrics.publish({sample_event()});
    EXPECT_EQ(metrics.value("runtime_start_timestamp"), 1760000001);
}

} // namespace
} // namespace peer_observer::metrics::testing
