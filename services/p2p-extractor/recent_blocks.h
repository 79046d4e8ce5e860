// The last blocks that were announced on a connection.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

namespace peer_observer::p2p_extractor {

class RecentBlocks {
public:
    /// A week of blocks.
    static constexpr std::size_t kMost = 1008;

    /// Whether the block is new.
    bool add(const std::string& hash)
    {
        if (!known_.insert(hash).second) return false;
        order_.push_back(hash);
        if (order_.size() > kMost) {
            known_.erase(order_.front());
            order_.pop_front();
        }
        return true;
    }

private:
    std::unordered_set<std::string> known_;
    std::deque<std::string> order_; ///< the oldest first
};

} // namespace peer_observer::p2p_extractor
