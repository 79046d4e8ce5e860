#include "services/detector/testing/benign_day.h"

#include "tests/sim_node/hashes.h"

#include <fmt/format.h>

#include <array>

namespace peer_observer::detector::testing {
namespace {

using namespace sim_node;
using payloads::Inventory;
using payloads::inventory;
using sim_node::Connection;

constexpr std::size_t kResidents = 70;
constexpr std::size_t kPopulation = 20'000;

Transaction transaction(Random& random)
{
    return make_transaction(random, {{.txid = random.hash(), .value = 1'000'000}}, 500);
}

} // namespace

void BenignDay::play(int minutes)
{
    start();
    for (int number = 0; number < minutes; ++number) {
        if (number == 480 || number == 960) restart();
        minute(number);
    }
}

void BenignDay::start()
{
    residents_.clear();
    while (population_.size() < kPopulation)
        population_.push_back(random_address(script_.random));
    for (int i = 0; i < 10; ++i)
        outbound_peer();
    while (residents_.size() < kResidents) {
        join();
        script_.wait(1);
    }
}

void BenignDay::restart()
{
    for (auto& resident : residents_)
        resident.connection.close();
    script_.wait(20);
    node_.pid = node_.pid == 0 ? 101 : node_.pid + 1;
    start();
}

void BenignDay::minute(int number)
{
    const bool is_busy = number / 60 == 18;
    const bool is_burst = number >= 720 && number < 725;
    ping();
    for (int i = 0; i < 6; ++i) {
        relay_transactions(is_busy);
        script_.wait(9);
        announce(is_busy);
    }
    gossip();
    if (number % 10 == 3 || is_burst) block(number % 70 == 3);
    for (int i = 0; is_burst && i < 20; ++i)
        block(false);
    if (number % 5 == 0) crawler(number);
    if (number / 60 == 5) client_that_cannot_stay();
    leave();
    join();
    if (number % 3 == 0) Connection{script_, script_.distinct_host()}.evict();
    if (number % 60 == 30) outbound_peer();
    script_.wait(6);
}

/// In turn: every kind is always there.
void BenignDay::join()
{
    struct Client {
        Greeting greeting;
        bool is_light = false;
    };
    static constexpr auto kClients = std::to_array<Client>({
        {{.user_agent = "/Satoshi:27.0.0/"}},
        {{.user_agent = "/Satoshi:29.0.0/"}},
        {{.user_agent = "/Satoshi:28.1.0/Knots:20250305/"}},
        {{.user_agent = "/Satoshi:0.12.1/", .services = 1, .is_modern = false}},
        {{.user_agent = "/btcwire:0.5.0/btcd:0.23.3/", .services = 0xd, .is_modern = false}},
        {{.user_agent = "/bitcoinj:0.16.2/", .services = 0, .relay = false, .is_modern = false}, true},
        {{.user_agent = "/Satoshi:26.0.0/", .clock_offset_s = 1'200}},
        {{.user_agent = "/bcoin:2.2.0/", .services = 0x9, .is_modern = false}},
        {{.user_agent = "/Satoshi:25.0.0/", .relay = false}},
        {{.user_agent = "/Satoshi:24.0.1/", .services = 0xc01}}, // one thing that Core does not do
    });
    const unsigned number = joined_++;
    const Client& client = kClients.at(number % kClients.size());
    std::string host = script_.distinct_host();
    if (number % 12 == 7) host = fmt::format("198.51.100.{}", number / 12 % 250 + 1); // some live in one site
    const bool through_tor = number % 5 == 0;
    Connection connection{script_, through_tor ? "127.0.0.1" : host, "inbound",
                          through_tor ? Network::onion : Network::ipv4};
    connection.shake_hands(client.greeting);
    connection.receive("getheaders", payloads::locator({script_.random.hash()}, {}));
    if (client.is_light) connection.receive("filterload", payloads::filter_load(script_.random.bytes(8), 5, 0));
    if (!client.is_light && number % 3 == 0) connection.receive("getaddr", {}).send("addrv2", addresses(1'000));
    const std::int64_t offset_s = client.greeting.clock_offset_s;
    connection.receive("addrv2", addresses(1, offset_s)); // its own
    residents_.push_back({connection, client.greeting.relay, client.is_light, number % 8 == 0, offset_s});
}

void BenignDay::leave()
{
    if (residents_.size() < kResidents) return;
    const auto gone =
        residents_.begin() + static_cast<std::ptrdiff_t>(10 + script_.random.below(residents_.size() - 10));
    gone->connection.close();
    residents_.erase(gone);
}

void BenignDay::outbound_peer()
{
    const std::string host = script_.distinct_host();
    Connection connection{script_, host, "outbound-full-relay"};
    connection.shake_hands().send("getaddr", {}).receive("addrv2", addresses(1'000));
    for (int i = 0; i < 300; ++i) {
        const std::string address = random_address(script_.random).text_with_port();
        script_.emit(calls::addrman_attempt_add(i % 3 != 0, 1, 1, address.c_str(), 0, host.c_str(), 0));
    }
    if (residents_.size() < 10) {
        residents_.push_back({connection});
    } else { // the first one's place
        residents_.front().connection.close();
        residents_.front() = {connection};
    }
}

void BenignDay::ping()
{
    for (auto& resident : residents_) {
        const int pings = resident.is_light ? 30 : script_.random.chance(50) ? 1 : 0;
        for (int i = 0; i < pings; ++i) {
            const Bytes nonce = payloads::nonce(script_.random.u64());
            resident.connection.receive("ping", nonce).send("pong", nonce);
        }
    }
}

BenignDay::Resident& BenignDay::relaying_peer()
{
    for (;;) {
        Resident& resident = someone();
        if (resident.relays && !resident.is_light) return resident;
    }
}

void BenignDay::relay_transactions(bool is_busy)
{
    for (int i = is_busy ? 60 : 8; i > 0; --i) {
        Connection& peer = relaying_peer().connection;
        const Transaction tx = transaction(script_.random);
        const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
        peer.receive("inv", item).send("getdata", item);
        const auto chance = script_.random.below(100U);
        if (chance < 3) {
            peer.receive("notfound", item); // replaced meanwhile
        } else if (chance < 5) {
            // It has gone away, or forgets.
        } else if (chance < 9) {
            peer.receive("tx", tx.bytes, [&] {
                script_.emit(
                    calls::mempool_rejected(tx.txid, chance < 7 ? "min relay fee not met" : "txn-already-known"));
            });
        } else if (chance < 12) {
            peer.receive("tx", tx.bytes, [&] {
                script_.emit(calls::mempool_rejected(tx.txid, "bad-txns-inputs-missingorspent"));
                script_.emit(calls::orphan_add(tx.txid, tx.wtxid, tx.weight, peer.id(), 1, tx.weight));
            });
        } else {
            peer.receive("tx", tx.bytes, [&] { script_.emit(calls::mempool_added(tx.txid, tx.vsize(), tx.fee)); });
            waiting_.push_back(tx.wtxid);
        }
    }
}

/// To every peer that wants to know; one in three asks for something.
void BenignDay::announce(bool is_busy)
{
    if (waiting_.empty()) return;
    // More than Core's 35 only now and then, when very many wait.
    if (waiting_.size() > 35 && !(is_busy && script_.random.chance(25))) waiting_.resize(35);
    const Bytes items = inventory(Inventory::wtx, waiting_);
    for (auto& resident : residents_) {
        if (!resident.relays || script_.random.chance(70)) continue;
        resident.connection.send("inv", items);
        if (script_.random.chance(66)) continue;
        const Transaction sent = transaction(script_.random);
        const Bytes wanted = inventory(Inventory::wtx, {waiting_.front()});
        resident.connection.receive("getdata", wanted).send("tx", sent.bytes);
        // It lacks a parent of it.
        if (script_.random.chance(20))
            resident.connection.receive("getdata", inventory(Inventory::witness_tx, {sent.inputs[0].txid}));
    }
    waiting_.clear();
}

void BenignDay::gossip()
{
    for (int i = 0; i < 10; ++i) {
        Resident& peer = someone();
        peer.connection.receive("addrv2", addresses(script_.random.between<std::size_t>(1, 3), peer.clock_offset_s));
    }
    for (int i = 0; i < 5; ++i) // a third of the nodes has another address after a day
        script_.random.pick(population_) = random_address(script_.random);
}

Bytes BenignDay::addresses(std::size_t count, std::int64_t clock_offset_s)
{
    std::vector<payloads::KnownAddress> result(count);
    for (auto& known : result) {
        known = known_address();
        // Its own, and those that it is connected to: by its clock.
        if (script_.random.chance(count == 1 ? 100 : 1))
            known.time = static_cast<std::uint32_t>(script_.now_s() + clock_offset_s);
    }
    return payloads::addrv2(result);
}

payloads::KnownAddress BenignDay::known_address()
{
    const auto draw = script_.random.below(1'000U);
    const auto now = static_cast<std::uint32_t>(script_.now_s());
    if (draw < 3) return {{Network::ipv4, {192, 168, 1, script_.random.between<std::uint8_t>(2, 250)}, 8333}, now, 9};
    if (draw < 6) return {script_.random.pick(population_), now - 100 * 86'400, 0xc09};
    return {script_.random.pick(population_), now - script_.random.below(30 * 86'400U), 0xc09};
}

void BenignDay::block(bool by_slow_peer)
{
    Block block;
    block.transactions.push_back(make_coinbase(script_.random, static_cast<std::uint32_t>(++height_), 312'500'000));
    block.header = make_header(script_.random, script_.random.hash(), block.transactions[0].txid, script_.now_s());
    block.hash = double_sha256(block.header);
    const auto first = residents_[script_.random.below(std::size_t{10})].connection;
    Connection peer = first;
    peer.receive("headers", payloads::headers({block.header}));
    peer.send("getdata", inventory(Inventory::witness_block, {block.hash}));
    if (by_slow_peer) script_.wait(50);
    peer.receive("block", block.bytes(), {}, 4'000'000'000);
    script_.emit(calls::validation_block_connected(block.hash, height_, 1, 0, 0, 3'900'000'000));
    for (auto& resident : residents_) {
        if (script_.random.chance(30)) resident.connection.receive("headers", payloads::headers({block.header}));
        if (script_.random.chance(10))
            resident.connection.receive("getdata", inventory(Inventory::witness_block, {block.hash}));
    }
}

void BenignDay::crawler(int number)
{
    Connection peer{script_, fmt::format("192.0.2.{}", 10 + number / 5 % 2)};
    peer.shake_hands({.user_agent = "/crawler:1.0/", .is_modern = false});
    peer.receive("getaddr", {}).send("addrv2", addresses(1'000));
    script_.wait(5);
    peer.close();
}

void BenignDay::client_that_cannot_stay()
{
    for (int i = 0; i < 2; ++i) {
        Connection peer{script_, "198.18.7.7"};
        peer.shake_hands({.user_agent = "/strange:0.1/", .is_modern = false});
        script_.wait(2);
        peer.close();
    }
}

} // namespace peer_observer::detector::testing
