// The fixture of the tests about what comes nearest to the classes of attack and is none.
#pragma once

#include "services/detector/testing/robustness.h"

#include <functional>
#include <utility>
#include <vector>

namespace peer_observer::detector::testing {

class ClassLookalike : public Robustness {
protected:
    /// So many peers of networks of their own.
    std::vector<sim_node::Connection> peers(int count, const char* type = "inbound")
    {
        std::vector<sim_node::Connection> result;
        for (int i = 0; i < count; ++i)
            result.emplace_back(script, script.distinct_host(), type).shake_hands();
        return result;
    }
    void expect_nothing()
    {
        lab.finish();
        EXPECT_THAT(lab.kinds(), IsEmpty());
    }
    void bring(sim_node::Connection& peer, const Transaction& tx, const std::function<void()>& before = {})
    {
        const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
        peer.receive("inv", item).send("getdata", item).receive("tx", tx.bytes, [&] {
            if (before) before();
            script.emit(calls::mempool_added(tx.txid, tx.vsize(), tx.fee));
        });
    }
    Transaction spend(std::vector<Coin> coins, std::int64_t fee)
    {
        return make_transaction(script.random, std::move(coins), fee);
    }
    Coin coin() { return {.txid = script.random.hash(), .value = 10'000'000}; }
    Bytes announcement(const Address& address)
    {
        return payloads::addrv2({{address, static_cast<std::uint32_t>(script.now_s()), 0xc09}});
    }
    Address ipv4() { return random_address(script.random, Network::ipv4); }
};

} // namespace peer_observer::detector::testing
