// What the tests of answers share: a node of which every path has something to tell.
#pragma once

#include "libs/web/web_testing.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::web {

inline proto::Event version_of(const TestWeb& web, std::int64_t peer_id, const std::string& user_agent)
{
    auto event = web.message(Direction::inbound, peer_id, "version");
    auto& version = *TestWeb::payload(event).mutable_version();
    version.set_version(70016);
    version.set_services(9);
    version.set_user_agent(user_agent);
    version.mutable_receiver()->set_address("192.0.2.99");
    return event;
}

inline proto::Event anomaly_of(const TestWeb& web)
{
    proto::Event event;
    event.set_timestamp_ns(web.now_ns);
    auto& report = *event.mutable_anomaly()->mutable_opened();
    report.set_anomaly_id(0xabc);
    report.set_kind("addr_flood");
    report.set_subject("203.0.113.7");
    report.set_description("203.0.113.7 floods");
    auto& node = *report.add_nodes();
    node.set_node("alpha");
    node.set_pid(4711);
    node.set_process_start_ms(99);
    auto& peer = *node.add_peers();
    peer.set_peer_id(7);
    peer.set_address(TestWeb::address_of(7));
    auto& evidence = *node.add_evidence();
    evidence.set_publisher_id(0xc0ffee);
    evidence.set_sequence(1);
    return event;
}

/// A node of which every path has something to tell.
struct Filled : TestWeb {
    Filled()
    {
        auto addr = message(Direction::inbound, 7, "addrv2");
        auto& announced = *payload(addr).mutable_addrv2()->add_addresses();
        announced.set_network(proto::Address::IPV4);
        announced.set_address("198.51.100.23");
        proto::Event check;
        check.set_timestamp_ns(now_ns);
        auto& checked = *check.mutable_addr_connectivity()->mutable_address_checked();
        checked.mutable_address()->set_address("198.51.100.23");
        checked.mutable_address()->set_network(proto::Address::IPV4);
        checked.set_result(proto::AddressChecked::OK);
        checked.set_reason("/Secret:1/ at 198.51.100.23");
        auto block = event();
        block.mutable_validation()->mutable_block_connected()->set_hash(hash_bytes(5));
        block.mutable_validation()->mutable_block_connected()->set_height(77);
        now_ns += 7;
        send({opened(7), version_of(*this, 7, "/Secret:1/"), addr, ping(Direction::outbound, 7, 5),
              inv(Direction::inbound, 7, proto::InventoryItem::BLOCK, hash_bytes(5)), block,
              inv(Direction::inbound, 7, proto::InventoryItem::WTX, hash_bytes(6)), opened(8), closed(8)});
        send({check}, "checker", 3);
        send({anomaly_of(*this)}, "detector", 4);
    }

    /// Every path that there is, with something to tell. A path of a new kind needs an example here.
    static std::string target(std::string_view path)
    {
        static const std::map<std::string, std::string, std::less<>> kExamples = {
            {"{node}", "alpha"},
            {"{peer_id}", "7"},
            {"{id}", "0000000000c0ffee-1"},
            {"{anomaly_id}", "0000000000000abc"},
            {"blocks/{hash}", "blocks/" + hash_hex(5)},
            {"transactions/{hash}", "transactions/" + hash_hex(6)}};
        std::string text{path};
        for (const auto& [placeholder, example] : kExamples)
            if (const auto place = text.find(placeholder); place != text.npos)
                text.replace(place, placeholder.size(), example);
        return "/api/v1/" + text;
    }
    static std::vector<std::string> targets()
    {
        std::vector<std::string> all;
        std::ranges::transform(paths(), std::back_inserter(all), target);
        return all;
    }
};

} // namespace peer_observer::web
