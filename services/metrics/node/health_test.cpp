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
    Pipeline pipeline;
    pipeline.publish({lost(proto::EventsLost::RING_FULL, 10), lost(proto::EventsLost::RING_FULL, 1),
                      lost(proto::EventsLost::TOO_BIG, 2), lost(proto::EventsLost::UNKNOWN_CAUSE, 3), lost(77, 4),
                      lost(proto::EventsLost::EVENT_TOO_LARGE, 5)});
    EXPECT_THAT(pipeline.samples(Metric::events_lost_total),
                UnorderedElementsAre(R"(peerobserver_events_lost_total{cause="event_too_large",host="alpha"} 5)",
                                     R"(peerobserver_events_lost_total{cause="ring_full",host="alpha"} 11)",
                                     R"(peerobserver_events_lost_total{cause="too_big",host="alpha"} 2)",
                                     R"(peerobserver_events_lost_total{cause="unknown",host="alpha"} 7)"));
    EXPECT_THAT(pipeline.samples(Metric::events_total), ElementsAre(R"(peerobserver_events_total{host="alpha"} 6)"));
}

TEST(Health, ShowsLossesAsZeroFromTheStart)
{
    Pipeline pipeline;
    pipeline.publish({sample_event()});
    for (const char* cause : {"ring_full", "too_big", "event_too_large", "unknown", "sequence_gap"})
        EXPECT_THAT(pipeline.page(),
                    HasSubstr(fmt::format("peerobserver_events_lost_total{{cause=\"{}\",host=\"alpha\"}} 0\n", cause)));
}

TEST(Health, CountsGapsAndWhatIsMissingInThem)
{
    Pipeline pipeline;
    pipeline.observe({{.node = "alpha", .publisher_id = 1}, 12});
    pipeline.observe({{.node = "alpha", .publisher_id = 1}, 0});
    pipeline.observe({{.node = "alpha", .publisher_id = 1}, 30});
    EXPECT_THAT(pipeline.samples(Metric::sequence_gaps_total),
                ElementsAre(R"(peerobserver_sequence_gaps_total{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::events_lost_total),
                ElementsAre(R"(peerobserver_events_lost_total{cause="sequence_gap",host="alpha"} 42)"));
}

TEST(Health, ShowsLatencyFromTheProbeOn)
{
    Pipeline pipeline;
    const auto from_the_future = with(sample_event(), [](auto& event) { event.set_timestamp_ns(~0UL >> 1U); });
    pipeline.publish({sample_event(), from_the_future});
    EXPECT_EQ(pipeline.histogram(Metric::event_latency_seconds, R"(host="alpha")"),
              histogram_of(Metric::event_latency_seconds, R"(host="alpha")", {1, 0}));
}

TEST(Health, TakesAnyTimeThatAPublisherGives)
{
    Pipeline pipeline;
    for (const std::uint64_t time : {(std::uint64_t{1} << 63U) + 1, ~std::uint64_t{0}})
        pipeline.publish({with(sample_event(), [&](auto& event) { event.set_timestamp_ns(time); })});
    EXPECT_EQ(pipeline.histogram(Metric::event_latency_seconds, R"(host="alpha")"),
              histogram_of(Metric::event_latency_seconds, R"(host="alpha")", {0, 0}));
}

TEST(Health, ShowsWhichPublishersAreUpAndTheAgeOfTheLastEvent)
{
    Pipeline pipeline;
    pipeline.publish({sample_event()});
    pipeline.tick();
    EXPECT_THAT(pipeline.samples(Metric::publishers_up), ElementsAre(R"(peerobserver_publishers_up{host="alpha"} 1)"));
    pipeline.now.steady += 20s;
    pipeline.observe({{.node = "alpha", .publisher_id = 5}}); // heartbeats
    pipeline.observe({{.node = "alpha", .publisher_id = 6}});
    pipeline.tick();
    EXPECT_THAT(pipeline.samples(Metric::publishers_up), ElementsAre(R"(peerobserver_publishers_up{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::last_event_age_seconds),
                ElementsAre(R"(peerobserver_last_event_age_seconds{host="alpha"} 20)"));
    pipeline.now.steady += 20s;
    pipeline.tick();
    EXPECT_THAT(pipeline.page(), HasSubstr("\npeerobserver_publishers_up{host=\"alpha\"} 0\n"));
}

TEST(Observer, SkipsAnEventThatIsNoMessageAndCountsTheOthers)
{
    Pipeline pipeline;
    const auto good = sample_event().SerializeAsString();
    const auto not_utf8 = with(
        inbound_message("x"), [](auto& event) { event.mutable_message()->mutable_inbound()->set_message_type("abc"); });
    auto broken = not_utf8.SerializeAsString();
    broken.replace(broken.find("abc"), 3, "\xff\xff\xff");
    for (const auto& bytes : {good, broken, good.substr(0, good.size() - 1), std::string{"garbage"}, good})
        EXPECT_TRUE(pipeline.source.publisher().add(bytes));
    pipeline.source.publisher().flush();
    pipeline.receive(5);
    EXPECT_THAT(pipeline.samples(Metric::unparsable_events_total),
                ElementsAre(R"(peerobserver_unparsable_events_total{host="alpha"} 3)"));
    EXPECT_THAT(pipeline.samples(Metric::events_total), ElementsAre(R"(peerobserver_events_total{host="alpha"} 5)"));
    EXPECT_THAT(pipeline.log.lines(), ElementsAre(::testing::StartsWith("event 1 of node alpha, publisher ")));
}

TEST(Observer, CountsEventsOfAKindThatIsNotKnown)
{
    Pipeline pipeline;
    const std::string unknown_context = "\xc2\x3e\x02\x08\x01"; // field 1000, two bytes
    EXPECT_TRUE(pipeline.source.publisher().add(unknown_context));
    std::vector<proto::Event> unknown_arms(6, sample_event());
    unknown_arms[0].mutable_message();
    unknown_arms[1].mutable_connection();
    unknown_arms[2].mutable_mempool();
    unknown_arms[3].mutable_validation();
    unknown_arms[4].mutable_addrman();
    unknown_arms[5].mutable_orphan();
    for (const auto& event : unknown_arms)
        pipeline.source.add(event);
    pipeline.source.add(with(sample_event(), [](auto& event) { event.mutable_utxocache()->mutable_flush(); }));
    pipeline.source.publisher().flush();
    pipeline.receive(8);
    EXPECT_THAT(pipeline.samples(Metric::unknown_events_total),
                ElementsAre(R"(peerobserver_unknown_events_total{host="alpha"} 7)"));
}

TEST(Observer, KeepsTheNumberOfNodesBounded)
{
    Pipeline pipeline;
    for (int i = 0; i < 300; ++i) {
        const auto name = "node" + std::to_string(i);
        pipeline.observe({{.node = name, .publisher_id = 1}, 1});
    }
    EXPECT_EQ(pipeline.samples(Metric::events_lost_total).size(), 257U);
    EXPECT_THAT(pipeline.samples(Metric::events_lost_total),
                Contains(R"(peerobserver_events_lost_total{cause="sequence_gap",host="other"} 44)"));
}

} // namespace
} // namespace peer_observer::metrics::testing
