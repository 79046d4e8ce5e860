// What the scripts of attacks are made of.
#pragma once

#include "tests/sim_node/hashes.h"
#include "tests/sim_node/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::sim_node {

using payloads::Inventory;
using payloads::inventory;

inline constexpr std::string_view kAttacker = "203.0.113.66";

inline int times(double count, double strength) { return static_cast<int>(count * strength); }

inline Connection attacker(Script& script)
{
    Connection peer{script, std::string{kAttacker}};
    peer.shake_hands();
    return peer;
}

/// The address of number `i` in the attacker's /24.
inline std::string sibling(int i) { return fmt::format("203.0.113.{}", 1 + i % 250); }

inline std::vector<Hash> hashes(Script& script, int count)
{
    std::vector<Hash> result(static_cast<std::size_t>(count));
    std::ranges::generate(result, [&] { return script.random.hash(); });
    return result;
}

inline Transaction transaction(Script& script)
{
    return make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
}

inline Block block(Script& script)
{
    Block result;
    result.transactions.push_back(make_coinbase(script.random, 930'000, 312'500'000));
    result.header =
        make_header(script.random, script.random.hash(), merkle_root({result.transactions[0].txid}), script.now_s());
    result.hash = double_sha256(result.header);
    return result;
}

/// The node takes a new address, of which `source` has told.
inline void insert_address(Script& script, const std::string& source)
{
    const std::string address = random_address(script.random, Network::ipv4).text_with_port();
    script.emit(calls::addrman_attempt_add(true, script.random.below(1'024), script.random.below(64), address.c_str(),
                                           0, source.c_str(), 0));
}

/// Scripts of classes of attack.
void request_repeat(Script& script, double strength);
void upload_drain(Script& script, double strength);
void useless_messages(Script& script, double strength);
void slot_hold(Script& script, double strength);
void slot_turnover(Script& script, double strength);
void block_withhold(Script& script, double strength);
void first_announcer(Script& script, double strength);
void addr_concentration(Script& script, double strength);
void slot_takeover(Script& script, double strength);
void outbound_concentration(Script& script, double strength);
void replacement_cycling(Script& script, double strength);
void tx_pinning(Script& script, double strength);
void addr_sink(Script& script, double strength);
void addr_unshared(Script& script, double strength);

} // namespace peer_observer::sim_node
