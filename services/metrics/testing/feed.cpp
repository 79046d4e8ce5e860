// Publishes realistic events with every kind among them, until it is killed: metrics_feed URL NODE. Prints the URL.
#include "libs/base/clock.h"
#include "libs/bus/publisher.h"
#include "services/metrics/testing/answers.h"
#include "services/metrics/testing/samples.h"

#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

namespace {

using namespace peer_observer;
using metrics::testing::sample_event;

proto::Event with(auto change)
{
    auto event = sample_event();
    change(event);
    return event;
}

void add_now(bus::Publisher& publisher, proto::Event event)
{
    event.set_timestamp_ns(base::unix_ns());
    if (!publisher.add(event.SerializeAsString())) throw std::length_error{"an event is too large for the bus"};
}

/// The kinds that the realistic mix has none of.
void add_others(bus::Publisher& publisher, int height)
{
    for (const char* type : {"outbound-full-relay", "private-broadcast"})
        add_now(publisher, with([type](proto::Event& event) {
                    auto& opened = *event.mutable_connection()->mutable_outbound();
                    opened.set_connection_type(type);
                    opened.set_connection_count(10);
                }));
    add_now(publisher, with([](auto& event) { event.mutable_connection()->mutable_evicted()->set_peer_id(1); }));
    add_now(publisher, with([](auto& event) {
                event.mutable_connection()->mutable_misbehaving()->set_reason("headers message size = 2001");
            }));
    add_now(publisher, with([height](auto& event) {
                auto& block = *event.mutable_validation()->mutable_block_connected();
                block.set_height(height);
                block.set_transaction_count(2000);
                block.set_input_count(6000);
                block.set_sigop_cost(8000);
                block.set_duration_ns(200'000'000);
            }));
    add_now(publisher,
            with([](auto& event) { event.mutable_mempool()->mutable_replaced()->set_replaced_vsize_vbytes(141); }));
    for (const bool inserted : {true, false})
        add_now(publisher, with([inserted](auto& event) {
                    event.mutable_addrman()->mutable_attempt_add()->set_inserted(inserted);
                }));
    add_now(publisher, with([](auto& event) { event.mutable_addrman()->mutable_move_to_good(); }));
    add_now(publisher, with([](auto& event) { event.mutable_orphan()->mutable_add()->set_orphan_count(2); }));
    add_now(publisher, with([](auto& event) { event.mutable_orphan()->mutable_removed()->set_orphan_count(1); }));
    add_now(publisher, with([](auto& event) {
                auto& processed = *event.mutable_message()->mutable_processed();
                processed.set_message_type("inv");
                processed.set_duration_ns(50'000);
            }));
    auto undecodable = metrics::testing::inbound_message("addr");
    undecodable.mutable_message()->mutable_inbound()->set_decode_error("the payload ends early");
    add_now(publisher, undecodable);
    auto old_ping = metrics::testing::inbound_message("ping");
    metrics::testing::payload_of(old_ping).mutable_ping();
    add_now(publisher, old_ping);
    auto addr = metrics::testing::inbound_message("addr");
    auto& address = *metrics::testing::payload_of(addr).mutable_addr()->add_addresses();
    address.set_network(proto::Address::IPV4);
    address.set_address("192.0.2.1");
    address.set_services(9);
    add_now(publisher, addr);
    auto empty = metrics::testing::inbound_message("addrv2");
    metrics::testing::payload_of(empty).mutable_addrv2();
    add_now(publisher, empty);
    auto reject = metrics::testing::inbound_message("reject");
    metrics::testing::payload_of(reject).mutable_reject()->set_reason("dust");
    add_now(publisher, reject);
    add_now(publisher, with([](auto& event) { // a ring that overflows now and then
                auto& lost = *event.mutable_events_lost();
                lost.set_cause(proto::EventsLost::RING_FULL);
                lost.set_count(1);
            }));
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 3) return 2;
    bus::Publisher publisher{{.url = argv[1], .node = argv[2]}};
    std::printf("%s\n", publisher.url().c_str());
    std::fflush(stdout);
    metrics::testing::RealisticMix mix{1};
    for (int round = 0;; ++round) {
        for (int i = 0; i < 100; ++i)
            add_now(publisher, mix.next());
        add_others(publisher, 900'000 + round / 10);
        for (const auto& answer : metrics::testing::answers(round))
            add_now(publisher, answer);
        publisher.flush();
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
} catch (const std::exception& error) {
    std::fprintf(stderr, "metrics_feed: %s\n", error.what());
    return 1;
}
