// Blocks that a node had in its chain and has in it no more: what builds on them was valid for the node once.
#pragma once

#include "services/detector/inventory.h"
#include "services/detector/latest_things.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace peer_observer::detector {

/// An operator takes a chain out by `invalidateblock`, and another block is connected at its height. Of two weeks of
/// blocks.
class LeftChain {
public:
    void connected(std::int64_t height, const std::string& hash)
    {
        // What is not next to the blocks that are known, in height, begins anew.
        if (chain_.empty() || height > next_height() || height < first_height_) {
            chain_.clear();
            first_height_ = height;
        }
        while (next_height() > height) {
            left_.insert(chain_.back());
            chain_.pop_back();
        }
        chain_.push_back(short_hash(hash));
        if (chain_.size() > kMost) {
            chain_.pop_front();
            ++first_height_;
        }
    }
    /// Another block of a chain that the node has left.
    void add(const std::string& hash) { left_.insert(short_hash(hash)); }
    bool contains(const std::string& hash) const { return left_.contains(short_hash(hash)); }

private:
    static constexpr std::size_t kMost = 2016;

    std::int64_t next_height() const { return first_height_ + static_cast<std::int64_t>(chain_.size()); }

    std::deque<std::uint64_t> chain_;
    std::int64_t first_height_ = 0;
    LatestThings<kMost> left_;
};

} // namespace peer_observer::detector
