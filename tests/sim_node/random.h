// Random numbers that are the same for a seed on every machine (the standard library's distributions are not).
#pragma once

#include "tests/sim_node/writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>

namespace peer_observer::sim_node {

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t u64() { return engine_(); }
    /// 0 .. limit - 1
    template <std::integral T>
    T below(T limit)
    {
        return static_cast<T>(engine_() % static_cast<std::uint64_t>(limit));
    }
    /// first .. last, both included
    template <std::integral T>
    T between(T first, T last)
    {
        return static_cast<T>(first + below<T>(static_cast<T>(last - first + 1)));
    }
    bool chance(unsigned percent) { return below(100U) < percent; }
    template <typename Container>
    auto& pick(Container& container)
    {
        return container[below(container.size())];
    }
    template <typename Container>
    void shuffle(Container& container)
    {
        for (std::size_t i = container.size(); i > 1; --i)
            std::swap(container[i - 1], container[below(i)]);
    }
    Bytes bytes(std::size_t count)
    {
        Bytes result(count);
        std::ranges::generate(result, [this] { return static_cast<std::uint8_t>(engine_()); });
        return result;
    }
    Hash hash()
    {
        Hash result;
        std::ranges::generate(result, [this] { return static_cast<std::uint8_t>(engine_()); });
        return result;
    }

private:
    std::mt19937_64 engine_;
};

} // namespace peer_observer::sim_node
