// Mempool, validation and the tracepoints of our patches.
#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

TEST(Mempool, EventsAreCounted)
{
    Pipeline pipeline;
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
    pipeline.publish({added, added, replaced, removed, rejected});
    EXPECT_THAT(pipeline.samples(Metric::mempool_added), ElementsAre(R"(peerobserver_mempool_added{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::mempool_added_vbytes),
                ElementsAre(R"(peerobserver_mempool_added_vbytes{host="alpha"} 282)"));
    EXPECT_THAT(pipeline.samples(Metric::mempool_replaced),
                ElementsAre(R"(peerobserver_mempool_replaced{host="alpha"} 1)"));
    EXPECT_THAT(pipeline.samples(Metric::mempool_replaced_vbytes),
                ElementsAre(R"(peerobserver_mempool_replaced_vbytes{host="alpha"} 200)"));
    EXPECT_THAT(pipeline.samples(Metric::mempool_removed),
                ElementsAre(R"(peerobserver_mempool_removed{host="alpha",reason="sizelimit"} 1)"));
    EXPECT_THAT(pipeline.samples(Metric::mempool_rejected),
                ElementsAre(R"(peerobserver_mempool_rejected{host="alpha",reason="min relay fee not met"} 1)"));
}

TEST(Validation, ShowsTheLatestBlockAndSumsTimesInMicroseconds)
{
    Pipeline pipeline;
    EXPECT_THAT(pipeline.page(), Not(HasSubstr("peerobserver_validation")));
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
    pipeline.publish({block(413567, 1'000'000), block(413568, 250'000'500)});
    EXPECT_THAT(pipeline.samples(Metric::validation_block_connected_latest_height),
                ElementsAre(R"(peerobserver_validation_block_connected_latest_height{host="alpha"} 413568)"));
    EXPECT_THAT(
        pipeline.samples(Metric::validation_block_connected_latest_connection_time),
        ElementsAre(R"(peerobserver_validation_block_connected_latest_connection_time{host="alpha"} 250000.5)"));
    EXPECT_THAT(pipeline.samples(Metric::validation_block_connected_latest_sigops),
                ElementsAre(R"(peerobserver_validation_block_connected_latest_sigops{host="alpha"} 8000)"));
    EXPECT_THAT(pipeline.samples(Metric::validation_block_connected_latest_inputs),
                ElementsAre(R"(peerobserver_validation_block_connected_latest_inputs{host="alpha"} 3000)"));
    EXPECT_THAT(pipeline.samples(Metric::validation_block_connected_latest_transactions),
                ElementsAre(R"(peerobserver_validation_block_connected_latest_transactions{host="alpha"} 1557)"));
    EXPECT_THAT(pipeline.samples(Metric::validation_block_connected_connection_time),
                ElementsAre(R"(peerobserver_validation_block_connected_connection_time{host="alpha"} 251000.5)"));
}

TEST(AddrMan, AttemptsAreCountedByTableAndResult)
{
    Pipeline pipeline;
    const auto attempt = [](bool inserted) {
        return with(sample_event(),
                    [&](auto& event) { event.mutable_addrman()->mutable_attempt_add()->set_inserted(inserted); });
    };
    pipeline.publish({attempt(true), attempt(false), attempt(false),
                      with(sample_event(), [](auto& event) { event.mutable_addrman()->mutable_move_to_good(); })});
    EXPECT_THAT(
        pipeline.samples(Metric::addrman_attempts_total),
        UnorderedElementsAre(R"(peerobserver_addrman_attempts_total{host="alpha",result="inserted",table="new"} 1)",
                             R"(peerobserver_addrman_attempts_total{host="alpha",result="not_inserted",table="new"} 2)",
                             R"(peerobserver_addrman_attempts_total{host="alpha",result="inserted",table="tried"} 1)"));
}

TEST(Orphans, AreShownUntilTheNodeStartsAgain)
{
    Pipeline pipeline;
    const auto add = with(sample_event(), [](auto& event) {
        event.mutable_orphan()->mutable_add()->set_orphan_count(3);
        event.mutable_orphan()->mutable_add()->set_orphan_weight(1800);
    });
    const auto removed = with(sample_event(), [](auto& event) {
        event.mutable_orphan()->mutable_removed()->set_orphan_count(2);
        event.mutable_orphan()->mutable_removed()->set_orphan_weight(1200);
    });
    pipeline.publish({add, removed});
    EXPECT_THAT(pipeline.samples(Metric::orphans_added_total),
                ElementsAre(R"(peerobserver_orphans_added_total{host="alpha"} 1)"));
    EXPECT_THAT(pipeline.samples(Metric::orphans_removed_total),
                ElementsAre(R"(peerobserver_orphans_removed_total{host="alpha"} 1)"));
    EXPECT_THAT(pipeline.samples(Metric::orphans), ElementsAre(R"(peerobserver_orphans{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::orphans_weight),
                ElementsAre(R"(peerobserver_orphans_weight{host="alpha"} 1200)"));
    pipeline.publish({with(inbound_message("ping"), [](auto& event) { event.set_pid(555); })});
    EXPECT_THAT(pipeline.samples(Metric::orphans), IsEmpty());
}

TEST(Node, ShowsWhenTheToolStarted)
{
    Pipeline pipeline;
    pipeline.publish({sample_event()});
    EXPECT_THAT(pipeline.samples(Metric::runtime_start_timestamp),
                ElementsAre(R"(peerobserver_runtime_start_timestamp{host="alpha"} 1760000001)"));
}

} // namespace
} // namespace peer_observer::metrics::testing
