#include "tests/sim_node/session.h"

#include "tests/sim_node/traffic.h"

namespace peer_observer::sim_node {
namespace {

struct Card {
    void (*scene)(Node&);
    int copies;
};

// A shuffled deck instead of dice: everything occurs in every round, and as often as it should.
constexpr Card kDeck[]{
    {traffic::relay_transactions, 150},
    {traffic::ping, 50},
    {traffic::gossip, 50},
    {traffic::legacy_gossip, 5},
    {traffic::reject_transaction, 8},
    {traffic::replace_transaction, 8},
    {traffic::orphan, 4},
    {traffic::ask_for_unknown, 4},
    {traffic::inbound_peer, 6},
    {traffic::leave, 4},
    {traffic::evict, 1},
    {traffic::scanner, 4},
    {traffic::outbound_peer, 2},
    {traffic::feeler, 3},
    {traffic::addr_fetch, 1},
    {traffic::private_broadcast, 1},
    {traffic::answer_getaddr, 2},
    {traffic::compact_block, 3},
    {traffic::full_block, 1},
    {traffic::serve_headers, 1},
    {traffic::bloom_client, 1},
    {traffic::compact_filter_client, 1},
    {traffic::flush, 2},
    {traffic::drop_transactions, 1},
    {traffic::list_mempool, 1},
    {traffic::spend_from_wallet, 2},
    {traffic::odd_payloads, 12},
    {traffic::retired_messages, 1},
};

} // namespace

void Session::play_scene()
{
    if (!started_) {
        started_ = true;
        traffic::start(node_);
        return;
    }
    if (deck_.empty()) {
        for (const Card& card : kDeck)
            deck_.insert(deck_.end(), static_cast<std::size_t>(card.copies), card.scene);
        node_.random.shuffle(deck_);
    }
    const auto scene = deck_.back();
    deck_.pop_back();
    node_.now_s += node_.random.below<std::int64_t>(5);
    scene(node_);
}

} // namespace peer_observer::sim_node
