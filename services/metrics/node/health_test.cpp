#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

proto::Event lost(int cause, std::uint64_t count)
{
    auto event = sample_event();
    event.mutable_events_lost()->set_cause(static_cast<proto::EventsLost::Cause>(cause));
    event.mutable_events_lost()->set_count(count);
    return event;
}

TEST(Health, CountsLossesByCause)
{
    Metrics metrics;
    metrics.publish({lost(proto::EventsLost::RING_FULL, 10), lost(proto::EventsLost::RING_FULL, 1),
                     lost(proto::EventsLost::TOO_BIG, 2), lost(proto::EventsLost::UNKNOWN_CAUSE, 3), lost(77, 4),
                     lost(proto::EventsLost::EVENT_TOO_LARGE, 5)});
    EXPECT_THAT(metrics.values("events_lost_total"),
                UnorderedElementsAre(Pair(R"(cause="event_too_large")", 5), Pair(R"(cause="ring_full")", 11),
                                     Pair(R"(cause="too_big")", 2), Pair(R"(cause="unknown")", 7)));
    EXPECT_EQ(metrics.value("events_total"), 6);
}

TEST(Health, ShowsLossesAsZeroFromTheStart)
{
    Metrics metrics;
    metrics.publish({sample_event()});
    for (const char* cause : {"ring_full", "too_big", "event_too_large", "unknown", "sequence_gap"})
        EXPECT_EQ(metrics.value("events_lost_total", fmt::format("cause=\"{}\"", cause)), 0);
}

TEST(Health, CountsGapsAndMissingEvents)
{
    Metrics metrics;
    metrics.observe({{.node = "alpha", .publisher_id = 1}, 12});
    metrics.observe({{.node = "alpha", .publisher_id = 1}, 0});
    metrics.observe({{.node = "alpha", .publisher_id = 1}, 30});
    EXPECT_EQ(metrics.value("sequence_gaps_total"), 2);
    EXPECT_THAT(metrics.values("events_lost_total"), ElementsAre(Pair(R"(cause="sequence_gap")", 42)));
}

TEST(Health, ShowsLatencyFromTheProbeOn)
{
    Metrics metrics;
    const auto from_the_future = with(sample_event(), [](auto& event) { event.set_timestamp_ns(~0UL >> 1U); });
    metrics.publish({sample_event(), from_the_future});
    EXPECT_EQ(metrics.histogram(metric("event_latency_seconds"), R"(host="alpha")"),
              histogram_of(metric("event_latency_seconds"), R"(host="alpha")", {1, 0}));
}

TEST(Health, TakesAnyTimeThatAPublisherGives)
{
    Metrics metrics;
    for (const std::uint64_t time : {(std::uint64_t{1} << 63U) + 1, ~std::uint64_t{0}})
        metrics.publish({with(sample_event(), [&](auto& event) { event.set_timestamp_ns(time); })});
    EXPECT_EQ(metrics.histogram(metric("event_latency_seconds"), R"(host="alpha")"),
              histogram_of(metric("event_latency_seconds"), R"(host="alpha")", {0, 0}));
}

const Metrics::Values kNone;
const std::string kTracepoints = R"(publisher="tracepoints")";
const std::string kRpc = R"(publisher="rpc")";
const std::string kUnknown = R"(publisher="unknown")";

proto::Event uptime()
{
    auto event = sample_event();
    event.clear_pid();
    event.mutable_rpc()->mutable_uptime()->set_seconds(1);
    return event;
}

TEST(Health, ShowsPublishersUpAndTheAgeOfTheirLastEvent)
{
    Metrics metrics;
    metrics.publish({inbound_message("ping")});
    metrics.tick();
    EXPECT_THAT(metrics.values("publishers_up"), ElementsAre(Pair(kTracepoints, 1)));
    metrics.now.steady += 20s;
    metrics.observe({{.node = "alpha", .publisher_id = 5}}); // heartbeats
    metrics.observe({{.node = "alpha", .publisher_id = 6}});
    metrics.tick();
    EXPECT_EQ(metrics.value("publishers_up", kTracepoints), 0);
    EXPECT_EQ(metrics.value("publishers_up", kUnknown), 2);
    EXPECT_EQ(metrics.value("last_event_age_seconds", kTracepoints), 20);
    metrics.now.steady += 20s;
    metrics.tick();
    EXPECT_EQ(metrics.values("publishers_up"), kNone);
    EXPECT_EQ(metrics.value("publishers_up", kUnknown), 0);
    EXPECT_EQ(metrics.value("last_event_age_seconds", kUnknown), std::nullopt);
}

TEST(Health, ShowsADeadExtractorBesideALivingOne)
{
    Metrics metrics;
    Publisher rpc{.id = 2};
    metrics.publish({inbound_message("ping")});
    for (int second = 0; second < 400; ++second) {
        metrics.publish(rpc, {uptime()});
        metrics.publish(metrics.publisher, std::vector<proto::Event>{}); // a heartbeat
        metrics.now.steady += 1s;
        metrics.tick();
    }
    EXPECT_EQ(metrics.value("last_event_age_seconds", kTracepoints), 400);
    EXPECT_EQ(metrics.value("last_event_age_seconds", kRpc), 1);
    EXPECT_THAT(metrics.values("publishers_up"), UnorderedElementsAre(Pair(kRpc, 1), Pair(kTracepoints, 1)));
    for (int second = 0; second < 20; ++second) {
        metrics.publish(rpc, {uptime()});
        metrics.now.steady += 1s;
        metrics.tick();
    }
    EXPECT_EQ(metrics.value("publishers_up", kTracepoints), 0);
    EXPECT_EQ(metrics.value("publishers_up", kRpc), 1);
}

TEST(Health, ShowsTheAgeOfAPublisherThatNeverSentAnEvent)
{
    Metrics metrics;
    for (int second = 0; second < 400; ++second) {
        metrics.publish(metrics.publisher, std::vector<proto::Event>{});
        metrics.now.steady += 1s;
        metrics.tick();
    }
    EXPECT_EQ(metrics.value("last_event_age_seconds", kUnknown), 400);
    EXPECT_EQ(metrics.value("publishers_up", kUnknown), 1);
    metrics.publish({inbound_message("ping")});
    metrics.tick();
    EXPECT_EQ(metrics.value("last_event_age_seconds", kUnknown), std::nullopt);
    EXPECT_EQ(metrics.value("publishers_up", kUnknown), 0);
}

TEST(Health, ReportsTwoExtractorsOfOneNode)
{
    Metrics metrics;
    Publisher twin{.id = 2};
    const auto pass = [&](int seconds) {
        for (int second = 0; second < seconds; ++second) {
            metrics.publish({inbound_message("ping")});
            metrics.publish(twin, {inbound_message("ping")});
            metrics.now.steady += 1s;
            metrics.tick();
        }
    };
    pass(20);
    EXPECT_EQ(metrics.value("publishers_up", kTracepoints), 2);
    EXPECT_THAT(metrics.log.lines(), IsEmpty()) << "a publisher that was killed is heard of for a while";
    pass(100);
    EXPECT_THAT(metrics.log.lines(),
                ElementsAre(HasSubstr("two publishers send the tracepoints events of node alpha")));
}

TEST(Health, CountsOneOfTwoExtractorsOfOneNode)
{
    Metrics metrics;
    Publisher twin{.id = 2};
    const auto pass = [&](int seconds, const std::vector<Publisher*>& publishers) {
        for (int second = 0; second < seconds; ++second) {
            for (auto* publisher : publishers)
                metrics.publish(*publisher, {inbound_message("ping")});
            metrics.now.steady += 1s;
            metrics.tick();
        }
    };
    pass(10, {&metrics.publisher, &twin});
    const auto before = metrics.value("events_total").value();
    const auto counted = [&metrics] { return metrics.values("p2p_message_count").begin()->second; };
    const auto start = counted();
    pass(20, {&metrics.publisher, &twin});
    EXPECT_EQ(counted() - start, 20);
    EXPECT_EQ(metrics.value("events_total").value() - before, 40) << "received, not counted";
    pass(20, {&twin}); // takes over within the time in which a publisher is taken for dead
    EXPECT_EQ(counted() - start, 20 + 20 - 14);

    Publisher successor{.id = 3};
    const auto replaced = counted();
    metrics.publish(twin, {inbound_message("ping")}); // and is killed
    pass(20, {&successor});
    EXPECT_EQ(counted() - replaced, 21) << "nothing of an extractor that was restarted is left out";
}

TEST(Health, CountsRestartsOfTheNode)
{
    Metrics metrics;
    Publisher again{.id = 2};
    const auto of_process = [](std::uint32_t pid, std::uint64_t start_ms) {
        return with(inbound_message("ping"), [&](auto& event) {
            event.set_pid(pid);
            event.set_process_start_ms(start_ms);
        });
    };
    metrics.publish({of_process(7, 1000)});
    EXPECT_EQ(metrics.value("node_restarts_total"), 0);
    metrics.publish(again, {of_process(7, 1000)}); // the extractor restarted
    EXPECT_EQ(metrics.value("node_restarts_total"), 0);
    metrics.publish(again, {of_process(7, 2000)}); // in a container
    EXPECT_EQ(metrics.value("node_restarts_total"), 1);
}

TEST(Observer, SkipsInvalidEvents)
{
    Metrics metrics;
    const auto good = sample_event().SerializeAsString();
    const auto not_utf8 = with(
        inbound_message("x"), [](auto& event) { event.mutable_message()->mutable_inbound()->set_message_type("abc"); });
    auto broken = not_utf8.SerializeAsString();
    broken.replace(broken.find("abc"), 3, "\xff\xff\xff");
    std::vector<std::string> events;
    for (const auto& bytes : {good, broken, good.substr(0, good.size() - 1), std::string{"garbage"}, good})
        events.push_back(bytes);
    metrics.publish(metrics.publisher, events);
    EXPECT_EQ(metrics.value("unparsable_events_total"), 3);
    EXPECT_EQ(metrics.value("events_total"), 5);
    EXPECT_THAT(metrics.log.lines(), ElementsAre(::testing::StartsWith("event 1 of node alpha, publisher ")));
}

TEST(Observer, CountsUnknownKinds)
{
    Metrics metrics;
    const std::string unknown_context = "\xc2\x3e\x02\x08\x01"; // field 1000, two bytes
    std::vector<proto::Event> unknown_arms(6, sample_event());
    unknown_arms[0].mutable_message();
    unknown_arms[1].mutable_connection();
    unknown_arms[2].mutable_mempool();
    unknown_arms[3].mutable_validation();
    unknown_arms[4].mutable_addrman();
    unknown_arms[5].mutable_orphan();
    unknown_arms.push_back(with(sample_event(), [](auto& event) { event.mutable_utxocache()->mutable_flush(); }));
    metrics.publish(metrics.publisher, std::vector{unknown_context});
    metrics.publish(unknown_arms);
    EXPECT_EQ(metrics.value("unknown_events_total"), 7);
}

TEST(Observer, BoundsNodes)
{
    Metrics metrics;
    for (int i = 0; i < 300; ++i) {
        const auto name = "node" + std::to_string(i);
        metrics.observe({{.node = name, .publisher_id = 1}, 1});
    }
    EXPECT_EQ(metrics.values("events_lost_total").size(), 257U);
    EXPECT_THAT(metrics.values("events_lost_total"), Contains(Pair(R"(cause="sequence_gap",host="other")", 44)));
}

} // namespace
} // namespace peer_observer::metrics::testing
