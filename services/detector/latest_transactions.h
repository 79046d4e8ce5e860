// The latest transactions that peers have sent to a node: who sent each, what it spends, and what it pays.
#pragma once

#include "proto/p2p.pb.h"
#include "services/detector/inventory.h"
#include "services/detector/per_subject.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::detector {

/// Short hash of a transaction and index of its output.
using Outpoint = std::pair<std::uint64_t, std::uint32_t>;

inline std::uint64_t outpoint_key(const Outpoint& outpoint) { return outpoint.first + outpoint.second; }

struct SentTransaction {
    std::uint64_t id = 0;        ///< short hash of its txid
    std::uint64_t sender = 0;    ///< hash of the first sender's subject_key()
    double rate = 0;             ///< satoshi per virtual byte; 0 until the node has accepted it
    std::vector<Outpoint> coins; ///< that it spends, in order; of more than kMostCoins, the first ones
};

/// Each has one place, which a later one may take: of 14 transactions a second, most of the last two minutes are there.
class LatestTransactions {
public:
    void received(const Peer& peer, const proto::Transaction& transaction)
    {
        if (!places_) places_ = std::make_unique<std::array<SentTransaction, kPlaces>>();
        const std::uint64_t id = short_hash(transaction.txid());
        SentTransaction& sent = (*places_)[id % kPlaces];
        if (sent.id == id) return; // the first sender counts
        sent = {.id = id, .sender = std::hash<std::string>{}(subject_key(peer)), .rate = 0, .coins = {}};
        const auto count = std::min(transaction.inputs_size(), kMostCoins);
        for (int i = 0; i < count; ++i)
            sent.coins.emplace_back(short_hash(transaction.inputs(i).previous_txid()),
                                    transaction.inputs(i).previous_vout());
        std::ranges::sort(sent.coins);
    }
    /// Null if it is not known.
    SentTransaction* find(std::uint64_t id)
    {
        if (!places_) return nullptr;
        SentTransaction& sent = (*places_)[id % kPlaces];
        return sent.id == id ? &sent : nullptr;
    }
    SentTransaction* find(const std::string& txid) { return find(short_hash(txid)); }

private:
    static constexpr int kMostCoins = 32;
    static constexpr std::size_t kPlaces = 2048;

    std::unique_ptr<std::array<SentTransaction, kPlaces>> places_;
};

} // namespace peer_observer::detector
