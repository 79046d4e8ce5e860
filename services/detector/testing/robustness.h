// The fixture of the tests about what must not raise an alarm.
#pragma once

#include "services/detector/testing/lab.h"
#include "tests/sim_node/hashes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace peer_observer::detector::testing {
using namespace sim_node;
using payloads::Inventory;
using payloads::inventory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

inline constexpr auto kHost = "203.0.113.66";

inline std::vector<Hash> hashes(Script& script, std::size_t count)
{
    std::vector<Hash> result(count);
    std::ranges::generate(result, [&] { return script.random.hash(); });
    return result;
}

inline Bytes addresses(Script& script, std::size_t count)
{
    std::vector<payloads::KnownAddress> result(count);
    for (auto& known : result)
        known = {random_address(script.random), static_cast<std::uint32_t>(script.now_s()), 0xc09};
    return payloads::addrv2(result);
}

struct Mined {
    Hash hash;
    Bytes bytes;
};

inline Mined mined(Script& script)
{
    Block block;
    block.transactions.push_back(make_coinbase(script.random, 930'000, 312'500'000));
    block.header =
        make_header(script.random, script.random.hash(), merkle_root({block.transactions[0].txid}), script.now_s());
    return {double_sha256(block.header), block.bytes()};
}

class Robustness : public ::testing::Test {
protected:
    /// A connection whose opening is not seen.
    sim_node::Connection old_peer(const char* type = "inbound")
    {
        node.lose(true);
        sim_node::Connection peer{node.script, kHost, type};
        peer.shake_hands();
        node.lose(false);
        return peer;
    }

    /// Twice what tx_probe takes for an attack.
    void request(sim_node::Connection& peer, const std::vector<Hash>& items)
    {
        for (const Hash& item : items)
            peer.receive("getdata", inventory(Inventory::wtx, {item}));
    }

    Lab lab;
    Node node{lab};
    Script& script = node.script;
};

} // namespace peer_observer::detector::testing
