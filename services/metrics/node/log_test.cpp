// Lines of the node's log.
#include "services/metrics/testing/metrics_testing.h"

#include <string>

namespace peer_observer::metrics::testing {
namespace {

constexpr auto kReconstruction = metric("log_compact_block_reconstruction_seconds");
constexpr auto kProcessing = metric("log_block_processing_seconds");
constexpr auto kAlpha = "host=\"alpha\"";
constexpr std::int64_t kLineTime_us = kTime_s * 1'000'000;

/// An event of the log whose line has this time.
template <typename Fill>
proto::Event log_event(std::int64_t after_us, Fill fill)
{
    proto::Event event;
    event.set_timestamp_ns(static_cast<std::uint64_t>(kTime_s) * 1'000'000'000);
    auto& content = *fill(*event.mutable_log());
    auto& line = *content.mutable_line();
    line.set_time_us(kLineTime_us + after_us);
    line.set_has_microseconds(true);
    line.set_level("debug");
    line.set_category("validation");
    line.set_raw("123456789");
    return event;
}

proto::Event header_seen(std::int64_t after_us, const std::string& hash, bool via_compact_block)
{
    return log_event(after_us, [&](auto& log) {
        log.mutable_header_seen()->set_hash(hash);
        log.mutable_header_seen()->set_via_compact_block(via_compact_block);
        return log.mutable_header_seen();
    });
}

proto::Event compact_block(std::int64_t after_us, const std::string& hash)
{
    return log_event(after_us, [&](auto& log) {
        log.mutable_compact_block_received()->set_hash(hash);
        return log.mutable_compact_block_received();
    });
}

proto::Event reconstructed(std::int64_t after_us, const std::string& hash, std::uint64_t requested)
{
    return log_event(after_us, [&](auto& log) {
        auto& done = *log.mutable_compact_block_reconstructed();
        done.set_hash(hash);
        done.set_prefilled_count(1);
        done.set_mempool_count(100);
        done.set_extra_pool_count(4);
        done.set_requested_count(requested);
        return &done;
    });
}

proto::Event tip(std::int64_t after_us, const std::string& hash)
{
    return log_event(after_us, [&](auto& log) {
        log.mutable_tip_updated()->set_hash(hash);
        return log.mutable_tip_updated();
    });
}

TEST(Log, CountsLinesByCategoryAndLevel)
{
    Metrics metrics;
    proto::Event warning;
    warning.mutable_log()->mutable_warning()->set_level("warning");
    warning.mutable_log()->mutable_warning()->set_raw("1234");
    warning.mutable_log()->mutable_warning()->set_truncated_from_bytes(9'999'999);
    metrics.publish({tip(0, "a"), tip(0, "b"), warning});
    EXPECT_THAT(metrics.values("log_events"),
                ::testing::IsSupersetOf(
                    {Pair(R"(category="validation",level="debug")", 2), Pair(R"(category="",level="warning")", 1)}));
    EXPECT_THAT(metrics.values("log_bytes"),
                ::testing::IsSupersetOf({Pair(R"(category="validation",level="debug")", 20),
                                         Pair(R"(category="",level="warning")", 10'000'000)}));
}

TEST(Log, TimesReconstructionsByWhatTheyNeeded)
{
    Metrics metrics;
    metrics.publish({header_seen(0, "a", true), compact_block(100, "a"), compact_block(200, "a"),
                     reconstructed(250'100, "a", 0), header_seen(0, "b", false), compact_block(100, "b"),
                     reconstructed(500'100, "b", 7), reconstructed(0, "c", 0)});
    EXPECT_THAT(metrics.values("log_compact_block_reconstruction_count"),
                UnorderedElementsAre(Pair(R"(bandwidth="high",tx_requested="false")", 1),
                                     Pair(R"(bandwidth="low",tx_requested="true")", 1),
                                     Pair(R"(bandwidth="unknown",tx_requested="false")", 1)));
    EXPECT_THAT(metrics.values("log_compact_block_reconstruction_time"),
                UnorderedElementsAre(Pair(R"(bandwidth="high",tx_requested="false")", 250'000),
                                     Pair(R"(bandwidth="low",tx_requested="true")", 500'000)));
    EXPECT_EQ(metrics.histogram(kReconstruction, kAlpha), histogram_of(kReconstruction, kAlpha, {0.25, 0.5}));
    EXPECT_THAT(metrics.values("log_compact_block_transactions_total"),
                UnorderedElementsAre(Pair(R"(source="prefilled")", 3), Pair(R"(source="mempool")", 288),
                                     Pair(R"(source="extra_pool")", 12), Pair(R"(source="requested")", 7)));
}

TEST(Log, TimesBlocksFromHeaderToTip)
{
    Metrics metrics;
    metrics.publish({header_seen(0, "a", true), header_seen(500'000, "a", false), tip(2'000'000, "a"),
                     tip(0, "never seen"), header_seen(1'000, "b", false), tip(0, "b")});
    EXPECT_EQ(metrics.histogram(kProcessing, kAlpha), histogram_of(kProcessing, kAlpha, {2}))
        << "not where the clock was set back";
    EXPECT_THAT(metrics.values("log_headers_seen_total"),
                UnorderedElementsAre(Pair(R"(via="cmpctblock")", 1), Pair(R"(via="headers")", 2)));
}

TEST(Log, TakesTheTimeOfReadingWhereLinesHaveWholeSeconds)
{
    Metrics metrics;
    auto begin = compact_block(0, "a");
    auto end = reconstructed(0, "a", 0);
    begin.mutable_log()->mutable_compact_block_received()->mutable_line()->set_has_microseconds(false);
    end.mutable_log()->mutable_compact_block_reconstructed()->mutable_line()->set_has_microseconds(false);
    end.set_timestamp_ns(begin.timestamp_ns() + 3'000'000);
    metrics.publish({begin, end});
    EXPECT_EQ(metrics.histogram(kReconstruction, kAlpha), histogram_of(kReconstruction, kAlpha, {0.003}));
}

TEST(Log, CountsRefusedAndMutatedBlocksByReason)
{
    Metrics metrics;
    const auto checked = [](bool valid) {
        return log_event(0, [&](auto& log) {
            log.mutable_block_checked()->set_is_valid(valid);
            if (!valid) log.mutable_block_checked()->set_reject_reason("bad-cb-amount");
            return log.mutable_block_checked();
        });
    };
    const auto mutated = log_event(0, [](auto& log) {
        log.mutable_block_mutated()->set_reject_reason("bad-txnmrklroot");
        return log.mutable_block_mutated();
    });
    const auto connected = log_event(0, [](auto& log) { return log.mutable_block_connected(); });
    metrics.publish({checked(true), checked(false), mutated, connected});
    EXPECT_EQ(metrics.value("log_block_checked_events"), 2);
    EXPECT_EQ(metrics.value("log_block_connected_events"), 1);
    EXPECT_THAT(metrics.values("log_refused_blocks_total"), ElementsAre(Pair(R"(reason="bad-cb-amount")", 1)));
    EXPECT_THAT(metrics.values("log_mutated_blocks"), ElementsAre(Pair(R"(status="bad-txnmrklroot")", 1)));
}

TEST(Log, CountsDisconnectsByReason)
{
    Metrics metrics;
    const auto closed = log_event(0, [](auto& log) {
        log.mutable_peer_disconnected()->set_reason("socket closed");
        return log.mutable_peer_disconnected();
    });
    const auto stalled = log_event(0, [](auto& log) { return log.mutable_block_download_stalled(); });
    const auto kept = log_event(0, [](auto& log) {
        log.mutable_headers_download_timeout()->set_is_kept(true);
        return log.mutable_headers_download_timeout();
    });
    metrics.publish({closed, closed, stalled, kept});
    EXPECT_THAT(
        metrics.values("log_disconnects_total"),
        UnorderedElementsAre(Pair(R"(reason="socket closed")", 2), Pair(R"(reason="block download stalled")", 1)));
}

TEST(Log, IsNoProcessOfTheNode)
{
    Metrics metrics;
    metrics.publish({tip(0, "a")});
    EXPECT_EQ(metrics.value("node_restarts_total"), 0);
    EXPECT_EQ(metrics.value("unknown_events_total"), 0);
}

} // namespace
} // namespace peer_observer::metrics::testing
