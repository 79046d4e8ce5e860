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
                    opened.set_address("11.0.0.1:8333");
                    opened.set_network(proto::IPV4);
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

/// A block that comes as a compact block, one that is refused, one that is mutated, and a peer that is gone.
void add_log_lines(bus::Publisher& publisher, int round)
{
    const auto hash = std::to_string(round);
    std::int64_t time_us = static_cast<std::int64_t>(base::unix_ns()) / 1000;
    const auto add_line = [&](const char* category, auto fill) {
        add_now(publisher, with([&](auto& event) {
                    auto& line = *fill(*event.mutable_log()).mutable_line();
                    line.set_time_us(time_us += 1000);
                    line.set_has_microseconds(true);
                    line.set_category(category);
                    line.set_level("debug");
                    line.set_raw("the line itself");
                }));
    };
    add_line("", [&](auto& log) -> auto& {
        log.mutable_header_seen()->set_hash(hash);
        log.mutable_header_seen()->set_via_compact_block(round % 2 == 0);
        return *log.mutable_header_seen();
    });
    add_line("cmpctblock", [&](auto& log) -> auto& {
        log.mutable_compact_block_received()->set_hash(hash);
        return *log.mutable_compact_block_received();
    });
    add_line("cmpctblock", [&](auto& log) -> auto& {
        auto& done = *log.mutable_compact_block_reconstructed();
        done.set_hash(hash);
        done.set_prefilled_count(1);
        done.set_mempool_count(3000);
        done.set_extra_pool_count(2);
        done.set_requested_count(static_cast<std::uint64_t>(round % 3));
        return done;
    });
    add_line("validation", [](auto& log) -> auto& {
        log.mutable_block_checked()->set_reject_reason("bad-cb-amount");
        return *log.mutable_block_checked();
    });
    add_line("validation", [](auto& log) -> auto& {
        log.mutable_block_mutated()->set_reject_reason("bad-txnmrklroot");
        return *log.mutable_block_mutated();
    });
    add_line("validation", [](auto& log) -> auto& { return *log.mutable_block_connected(); });
    add_line("", [&](auto& log) -> auto& {
        log.mutable_tip_updated()->set_hash(hash);
        return *log.mutable_tip_updated();
    });
    add_line("net", [](auto& log) -> auto& {
        log.mutable_peer_disconnected()->set_reason("socket closed");
        return *log.mutable_peer_disconnected();
    });
}

/// What a peer sees of the node; a block is heard of, connected and announced in each round.
void add_peer_view(bus::Publisher& publisher, int round)
{
    const auto hash = std::to_string(round);
    const auto add_seen = [&](const auto& fill) {
        proto::Event event;
        fill(*event.mutable_p2p_extractor());
        add_now(publisher, event);
    };
    const auto from_node = [](auto& event) {
        event.mutable_connection()->set_direction(proto::NodeConnection::FROM_NODE);
        return &event;
    };
    add_seen([&](auto& seen) { from_node(*seen.mutable_connected())->set_handshake_duration_ns(1'000'000); });
    add_seen([&](auto& seen) { from_node(*seen.mutable_ping_waiting())->set_waiting_ns(1'000'000'000); });
    add_seen([&](auto& seen) { from_node(*seen.mutable_ping_answered())->set_round_trip_ns(300'000); });
    add_seen([&](auto& seen) { from_node(*seen.mutable_feefilter())->set_fee_rate_sat_per_kvb(1000); });
    add_seen([&](auto& seen) {
        auto& entry = *from_node(*seen.mutable_addresses())->add_networks();
        entry.set_network(proto::Address::IPV4);
        entry.set_count(3);
    });
    add_seen([&](auto& seen) { from_node(*seen.mutable_inventory())->set_count(7); });
    add_seen([&](auto& seen) { from_node(*seen.mutable_disconnected())->set_reason(proto::CLOSED_BY_NODE); });
    auto heard = metrics::testing::inbound_message("cmpctblock");
    metrics::testing::payload_of(heard).mutable_cmpctblock()->mutable_header()->set_hash(hash);
    add_now(publisher, heard);
    add_now(publisher,
            with([&](auto& event) { event.mutable_validation()->mutable_block_connected()->set_hash(hash); }));
    add_seen([&](auto& seen) {
        auto& announced = *from_node(*seen.mutable_block_announced());
        announced.set_hash(hash);
        announced.set_by(proto::BlockAnnounced::CMPCTBLOCK);
    });
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
        add_log_lines(publisher, round);
        add_peer_view(publisher, round);
        for (const auto& answer : metrics::testing::answers(round))
            add_now(publisher, answer);
        publisher.flush();
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
} catch (const std::exception& error) {
    std::fprintf(stderr, "metrics_feed: %s\n", error.what());
    return 1;
}
