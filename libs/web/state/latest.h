// A map that forgets what came first when it is full, so that peers cannot fill the memory.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

namespace peer_observer::web {

template <typename Key, typename Value>
class Latest {
public:
    explicit Latest(std::size_t limit) : limit_{limit} {}

    /// A new one if it is not there, and whether it is new. The reference holds until the next call.
    std::pair<Value&, bool> at(const Key& key)
    {
        const auto [place, is_new] = values_.try_emplace(key);
        if (is_new) {
            order_.push_back(key);
            while (values_.size() > limit_) {
                values_.erase(order_.front()); // may be gone already
                order_.pop_front();
            }
        }
        return {place->second, is_new};
    }

    /// What it has, which it then forgets; a new one if it has none.
    Value take(const Key& key)
    {
        auto found = values_.extract(key);
        if (found.empty()) return {};
        std::erase(order_, key);
        return std::move(found.mapped());
    }

    const Value* find(const Key& key) const
    {
        const auto found = values_.find(key);
        return found == values_.end() ? nullptr : &found->second;
    }
    Value* find(const Key& key)
    {
        const auto found = values_.find(key);
        return found == values_.end() ? nullptr : &found->second;
    }

    std::size_t size() const { return values_.size(); }
    const std::deque<Key>& order() const { return order_; } ///< oldest first
    auto begin() const { return values_.begin(); }
    auto end() const { return values_.end(); }

private:
    std::size_t limit_;
    std::map<Key, Value> values_; ///< no hash table: peers choose the keys
    std::deque<Key> order_;
};

} // namespace peer_observer::web
