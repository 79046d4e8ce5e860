// What one node has seen of a host, over all of its connections: bounded, for the evidence.
#pragma once

#include "services/detector/moment.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::detector {

struct Profile {
    static constexpr std::size_t kMost = 8;        ///< values of each sort
    static constexpr std::size_t kMostBytes = 256; ///< of a text; Core takes user agents of up to 256 bytes

    Time first = 0;
    Time last = 0;
    std::uint64_t connections = 0;
    std::vector<std::string> user_agents;
    std::vector<std::int32_t> versions;
    std::vector<std::uint64_t> services;
    std::vector<std::string> connection_types;
    std::vector<std::string> networks;

    template <typename Value>
    static void note(std::vector<Value>& values, const Value& value)
    {
        if (values.size() < kMost && std::ranges::find(values, value) == values.end()) values.push_back(value);
    }
};

} // namespace peer_observer::detector
