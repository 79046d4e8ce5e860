#include "services/metrics/testing/samples.h"

namespace peer_observer::metrics::testing {
namespace {

constexpr std::uint32_t kPid = 100;

void fill(proto::PeerMessage& message, std::string_view type)
{
    message.set_peer_id(7);
    message.set_address("192.0.2.1:8333");
    message.set_connection_type("inbound");
    message.set_message_type(std::string{type});
    message.set_size(100);
}

} // namespace

proto::Event sample_event()
{
    proto::Event event;
    event.set_timestamp_ns(kTime_s * 1'000'000'000);
    event.set_pid(kPid);
    return event;
}

proto::Event inbound_message(std::string_view type)
{
    auto event = sample_event();
    fill(*event.mutable_message()->mutable_inbound(), type);
    return event;
}

proto::Event outbound_message(std::string_view type)
{
    auto event = sample_event();
    fill(*event.mutable_message()->mutable_outbound(), type);
    return event;
}

proto::MessagePayload& payload_of(proto::Event& event)
{
    auto& message = *event.mutable_message();
    return *(message.has_inbound() ? message.mutable_inbound() : message.mutable_outbound())->mutable_payload();
}

std::string RealisticMix::hash()
{
    std::string hash(32, '\0');
    for (char& byte : hash)
        byte = static_cast<char>(random_());
    return hash;
}

proto::Event RealisticMix::message(std::string_view type)
{
    auto event = below(2) == 0 ? inbound_message(type) : outbound_message(type);
    auto& context = *event.mutable_message();
    auto& peer = *(context.has_inbound() ? context.mutable_inbound() : context.mutable_outbound());
    const auto id = below(120);
    peer.set_peer_id(static_cast<std::int64_t>(id));
    peer.set_address("198.51.100." + std::to_string(id) + ":8333");
    peer.set_connection_type(id < 8 ? "outbound-full-relay" : id < 10 ? "block-relay-only" : "inbound");
    return event;
}

proto::Event RealisticMix::inv(int items)
{
    auto event = message("inv");
    auto& inv = *payload_of(event).mutable_inv();
    for (int i = 0; i < items; ++i) {
        auto& item = *inv.add_items();
        item.set_type(proto::InventoryItem::WTX);
        item.set_hash(hash());
    }
    return event;
}

proto::Event RealisticMix::transaction()
{
    auto event = message("tx");
    auto& tx = *payload_of(event).mutable_tx();
    tx.set_txid(hash());
    tx.set_wtxid(hash());
    tx.set_size_bytes(222);
    tx.set_vsize_vbytes(141);
    tx.set_weight_wu(561);
    auto& input = *tx.add_inputs();
    input.set_previous_txid(hash());
    for (int i = 0; i < 2; ++i) {
        auto& output = *tx.add_outputs();
        output.set_value_sat(100'000);
        output.set_script_pubkey(hash().substr(0, 22));
    }
    return event;
}

proto::Event RealisticMix::addrv2()
{
    auto event = message("addrv2");
    const auto count = below(100) == 0 ? 1000 : 1 + below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
        auto& address = *payload_of(event).mutable_addrv2()->add_addresses();
        address.set_time_s(static_cast<std::uint32_t>(kTime_s - static_cast<std::int64_t>(below(86400))));
        address.set_services(below(2) == 0 ? 1033 : 3081);
        address.set_network(proto::Address::IPV4);
        address.set_address("203.0.113." + std::to_string(below(256)));
        address.set_port(8333);
    }
    return event;
}

proto::Event RealisticMix::connection()
{
    auto event = sample_event();
    auto& connection = *event.mutable_connection();
    if (below(2) == 0) {
        auto& opened = *connection.mutable_inbound();
        opened.set_peer_id(next_peer_++);
        opened.set_address("198.51.100.9:50000");
        opened.set_connection_type("inbound");
        opened.set_network(proto::IPV4);
        opened.set_connection_count(100);
    } else {
        auto& closed = *connection.mutable_closed();
        closed.set_peer_id(next_peer_ - 1);
        closed.set_connection_type("inbound");
        closed.set_network(proto::IPV4);
        closed.set_established_s(kTime_s - 60);
    }
    return event;
}

proto::Event RealisticMix::rare()
{
    switch (below(4)) {
    case 0: {
        auto event = message("version");
        payload_of(event).mutable_version()->set_user_agent("/Satoshi:29." + std::to_string(below(4)) + ".0/");
        return event;
    }
    case 1: {
        auto event = message("feefilter");
        payload_of(event).mutable_feefilter()->set_fee_rate_sat_per_kvb(static_cast<std::int64_t>(100 * below(20)));
        return event;
    }
    case 2: {
        auto event = sample_event();
        event.mutable_mempool()->mutable_removed()->set_reason("block");
        return event;
    }
    default: {
        auto event = sample_event();
        event.mutable_mempool()->mutable_rejected()->set_reason("min relay fee not met");
        return event;
    }
    }
}

proto::Event RealisticMix::next()
{
    const auto choice = below(1000);
    if (choice < 420) return inv(1 + static_cast<int>(below(8)));
    if (choice < 430) return inv(35);
    if (choice < 550) {
        auto event = message("getdata");
        payload_of(event).mutable_getdata()->add_items()->set_hash(hash());
        return event;
    }
    if (choice < 670) return transaction();
    if (choice < 790) {
        auto event = message(choice % 2 == 0 ? "ping" : "pong");
        auto& payload = payload_of(event);
        (choice % 2 == 0 ? payload.mutable_ping() : payload.mutable_pong())->set_nonce(random_());
        return event;
    }
    if (choice < 930) {
        auto event = sample_event();
        auto& added = *event.mutable_mempool()->mutable_added();
        added.set_txid(hash());
        added.set_vsize_vbytes(141);
        added.set_fee_sat(1410);
        return event;
    }
    if (choice < 960) return addrv2();
    return choice < 970 ? connection() : rare();
}

std::string HostileMix::text(std::size_t max_length)
{
    std::string text(random_() % (max_length + 1), '\0');
    for (char& character : text)
        character = static_cast<char>(' ' + random_() % 95);
    return text;
}

std::string HostileMix::bytes(std::size_t max_length)
{
    std::string text(random_() % (max_length + 1), '\0');
    for (char& character : text)
        character = static_cast<char>(random_());
    return text;
}

std::string HostileMix::ip()
{
    const auto number = random_();
    return std::to_string(number % 256) + '.' + std::to_string(number / 256 % 256) + '.' +
           std::to_string(number / 65536 % 256) + '.' + std::to_string(number / 16777216 % 256);
}

proto::Event HostileMix::next()
{
    constexpr const char* kTypes[] = {"version", "ping", "feefilter", "reject", "addr", "addrv2"};
    const auto choice = random_() % 10;
    auto event = choice < 6 ? inbound_message(kTypes[choice]) : sample_event();
    if (choice < 6) event.mutable_message()->mutable_inbound()->set_address(ip() + ":1");
    switch (choice) {
    case 0:
        payload_of(event).mutable_version()->set_user_agent(bytes(256));
        break;
    case 1:
        payload_of(event).mutable_ping();
        break;
    case 2:
        payload_of(event).mutable_feefilter()->set_fee_rate_sat_per_kvb(static_cast<std::int64_t>(random_()));
        break;
    case 3:
        payload_of(event).mutable_reject()->set_message_type(bytes(12));
        payload_of(event).mutable_reject()->set_reason(bytes(111));
        break;
    case 4:
    case 5: {
        auto& payload = payload_of(event);
        auto& addresses = *(choice == 4 ? payload.mutable_addr() : payload.mutable_addrv2());
        for (auto count = random_() % 3; count > 0; --count) {
            auto& address = *addresses.add_addresses();
            address.set_time_s(static_cast<std::uint32_t>(random_()));
            address.set_services(random_());
            address.set_network(proto::Address::IPV4);
            address.set_address(ip());
        }
        break;
    }
    case 6:
        event = inbound_message(text(12));
        event.mutable_message()->mutable_inbound()->set_decode_error("no decoder");
        break;
    case 7:
        event.mutable_connection()->mutable_misbehaving()->set_reason(text(128));
        break;
    case 8: {
        auto& opened = *event.mutable_connection()->mutable_inbound();
        opened.set_peer_id(next_peer_++);
        opened.set_address(ip() + ":1");
        opened.set_connection_count(random_() % 125);
        break;
    }
    default: {
        auto& evicted = *event.mutable_connection()->mutable_evicted();
        evicted.set_peer_id(static_cast<std::int64_t>(random_()));
        break;
    }
    }
    return event;
}

} // namespace peer_observer::metrics::testing
