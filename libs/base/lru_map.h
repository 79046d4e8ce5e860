// A map that forgets what was not asked for for longest, so that peers cannot fill the memory.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace peer_observer::base {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class LruMap {
public:
    explicit LruMap(std::size_t limit) : limit_{limit} {}

    /// A new one if it is not there. The reference holds until the next call.
    Value& operator[](const Key& key)
    {
        if (const auto found = places_.find(key); found != places_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            return found->second->second;
        }
        if (entries_.size() == limit_) {
            places_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(key, Value{});
        places_.emplace(key, entries_.begin());
        return entries_.front().second;
    }

    /// Null if it is not there. Does not count as asked for.
    Value* find(const Key& key)
    {
        const auto found = places_.find(key);
        return found == places_.end() ? nullptr : &found->second->second;
    }

    void erase(const Key& key)
    {
        const auto found = places_.find(key);
        if (found == places_.end()) return;
        entries_.erase(found->second);
        places_.erase(found);
    }

    /// The one that would be forgotten next. There must be one.
    std::pair<Key, Value>& oldest() { return entries_.back(); }

    std::size_t size() const { return entries_.size(); }
    bool is_full() const { return entries_.size() == limit_; }
    auto begin() { return entries_.begin(); }
    auto end() { return entries_.end(); }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }
    void clear()
    {
        entries_.clear();
        places_.clear();
    }

private:
    std::size_t limit_;
    std::list<std::pair<Key, Value>> entries_; ///< the one asked for last is the first
    std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator, Hash> places_;
};

} // namespace peer_observer::base
