#include "services/detector/testing/events.h"

#include "libs/wire/decode.h"

#include <span>
#include <stdexcept>
#include <string>

namespace peer_observer::detector::testing {
namespace {

using sim_node::Call;
using sim_node::Probe;

std::string hash(const sim_node::Value& value) { return {reinterpret_cast<const char*>(value.hash), 32}; }

void fill(const Call& call, proto::PeerMessage& message)
{
    const auto& arguments = call.arguments;
    message.set_peer_id(arguments[0].i64);
    message.set_address(arguments[1].text);
    message.set_connection_type(arguments[2].text);
    message.set_message_type(arguments[3].text);
    message.set_size(arguments[4].u64);
    const std::span<const std::uint8_t> payload{arguments[5].payload, arguments[4].u64};
    std::string decoded;
    const auto result = wire::decode(arguments[3].text, payload, {}, decoded);
    if (!result) {
        message.set_decode_error(std::string{result.error().reason});
        return;
    }
    if (!message.mutable_payload()->ParseFromString(decoded))
        throw std::logic_error{"what the decoder has made does not parse"};
    if (result->trailing_bytes > 0) message.set_trailing_bytes(result->trailing_bytes);
}

template <typename Connection>
void fill(const Call& call, Connection& connection)
{
    connection.set_peer_id(call.arguments[0].i64);
    connection.set_address(call.arguments[1].text);
    connection.set_connection_type(call.arguments[2].text);
    connection.set_network(static_cast<proto::Network>(call.arguments[3].u32));
}

} // namespace

proto::Event event_of(const Call& call)
{
    proto::Event event;
    event.set_pid(100);
    const auto& arguments = call.arguments;
    switch (call.probe) {
    case Probe::net_inbound_message:
        fill(call, *event.mutable_message()->mutable_inbound());
        break;
    case Probe::net_outbound_message:
        fill(call, *event.mutable_message()->mutable_outbound());
        break;
    case Probe::net_processed_message: {
        auto& processed = *event.mutable_message()->mutable_processed();
        processed.set_peer_id(arguments[0].i64);
        processed.set_address(arguments[1].text);
        processed.set_connection_type(arguments[2].text);
        processed.set_message_type(arguments[3].text);
        processed.set_size(arguments[4].u64);
        processed.set_duration_ns(arguments[5].i64);
        break;
    }
    case Probe::net_inbound_connection:
        fill(call, *event.mutable_connection()->mutable_inbound());
        event.mutable_connection()->mutable_inbound()->set_connection_count(arguments[4].u64);
        break;
    case Probe::net_outbound_connection:
        fill(call, *event.mutable_connection()->mutable_outbound());
        event.mutable_connection()->mutable_outbound()->set_connection_count(arguments[4].u64);
        break;
    case Probe::net_evicted_inbound_connection:
        fill(call, *event.mutable_connection()->mutable_evicted());
        break;
    case Probe::net_closed_connection:
        fill(call, *event.mutable_connection()->mutable_closed());
        break;
    case Probe::net_misbehaving_connection:
        event.mutable_connection()->mutable_misbehaving()->set_peer_id(arguments[0].i64);
        event.mutable_connection()->mutable_misbehaving()->set_reason(arguments[1].text);
        break;
    case Probe::mempool_added:
        event.mutable_mempool()->mutable_added()->set_txid(hash(arguments[0]));
        event.mutable_mempool()->mutable_added()->set_vsize_vbytes(arguments[1].i32);
        event.mutable_mempool()->mutable_added()->set_fee_sat(arguments[2].i64);
        break;
    case Probe::mempool_replaced:
        event.mutable_mempool()->mutable_replaced()->set_replaced_txid(hash(arguments[0]));
        event.mutable_mempool()->mutable_replaced()->set_replacement_txid(hash(arguments[4]));
        break;
    case Probe::mempool_rejected:
        event.mutable_mempool()->mutable_rejected()->set_txid(hash(arguments[0]));
        event.mutable_mempool()->mutable_rejected()->set_reason(arguments[1].text);
        break;
    case Probe::validation_block_connected:
        event.mutable_validation()->mutable_block_connected()->set_hash(hash(arguments[0]));
        event.mutable_validation()->mutable_block_connected()->set_height(arguments[1].i32);
        break;
    case Probe::addrman_attempt_add:
        event.mutable_addrman()->mutable_attempt_add()->set_inserted(arguments[0].flag);
        event.mutable_addrman()->mutable_attempt_add()->set_address(arguments[3].text);
        event.mutable_addrman()->mutable_attempt_add()->set_source(arguments[5].text);
        break;
    case Probe::orphan_add:
        event.mutable_orphan()->mutable_add()->set_txid(hash(arguments[0]));
        event.mutable_orphan()->mutable_add()->set_peer_id(arguments[3].i64);
        break;
    default:
        throw std::logic_error{"no script makes this call: " + std::string{call.info().name}};
    }
    return event;
}

} // namespace peer_observer::detector::testing
