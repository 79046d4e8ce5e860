#include "services/metrics/testing/answers.h"

#include "services/metrics/testing/samples.h"

namespace peer_observer::metrics::testing {
namespace {

proto::Event answer(auto fill)
{
    auto event = sample_event();
    event.clear_pid();
    fill(*event.mutable_rpc());
    return event;
}

void fill_peer(proto::PeerInfo& peer, int round)
{
    peer.set_network("ipv4");
    peer.set_connection_type("inbound");
    peer.set_transport_protocol_type("v2");
    peer.set_pingtime(0.02);
    peer.set_relaytxes(true);
    peer.set_inv_to_send(static_cast<std::uint64_t>(round % 7));
}

void fill_entry(proto::AddrManEntry& entry, int round)
{
    entry.set_address("192.0.2.1");
    entry.set_network("ipv4");
    entry.set_time(kTime_s + round);
}

} // namespace

std::vector<proto::Event> answers(int round)
{
    const auto grown = static_cast<std::uint64_t>(round);
    return {
        answer([&](auto& rpc) { fill_peer(*rpc.mutable_getpeerinfo()->add_peers(), round); }),
        answer([&](auto& rpc) {
            rpc.mutable_getnettotals()->set_totalbytesrecv(1000 * grown);
            rpc.mutable_getnettotals()->set_totalbytessent(2000 * grown);
        }),
        answer([](auto& rpc) {
            rpc.mutable_getmempoolinfo()->set_usage(1'000'000);
            rpc.mutable_getmempoolinfo()->set_maxmempool(300'000'000);
        }),
        answer([](auto& rpc) {
            rpc.mutable_estimatesmartfee()->set_conf_target(6);
            rpc.mutable_estimatesmartfee()->set_estimate_mode("economical");
            rpc.mutable_estimatesmartfee()->set_feerate(0.00002);
        }),
        answer([&](auto& rpc) { rpc.mutable_getorphantxs()->add_orphans()->set_wtxid(std::to_string(round)); }),
        answer([](auto& rpc) {
            auto& counts = (*rpc.mutable_getaddrmaninfo()->mutable_networks())["all_networks"];
            counts.set_new_(2);
            counts.set_tried(1);
        }),
        answer([&](auto& rpc) {
            fill_entry((*rpc.mutable_getrawaddrman()->mutable_new_())["0/" + std::to_string(round % 64)], round);
            fill_entry((*rpc.mutable_getrawaddrman()->mutable_tried())["0/1"], round);
        }),
        answer([&](auto& rpc) {
            rpc.mutable_getblockchaininfo()->set_blocks(900'000 + round);
            rpc.mutable_getblockchaininfo()->set_headers(900'000 + round);
        }),
        answer([](auto& rpc) {
            rpc.mutable_getmemoryinfo()->mutable_locked()->set_total(65536);
            rpc.mutable_getmemoryinfo()->mutable_locked()->set_used(1000);
        }),
    };
}

} // namespace peer_observer::metrics::testing
