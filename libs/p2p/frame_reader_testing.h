// For tests and the fuzz target: a stream of bytes, given to a FrameReader in pieces.
#pragma once

#include "libs/p2p/frame_reader.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::p2p::testing {

struct Read {
    FrameReader::State state = FrameReader::State::reading;
    std::vector<std::pair<std::string, std::string>> messages = {}; ///< type and payload

    bool operator==(const Read&) const = default;
};

inline Read read_in_pieces(std::string_view bytes, std::size_t piece, const Magic& magic = kChains[0].magic)
{
    FrameReader reader{magic};
    Read read;
    while (!bytes.empty()) {
        const auto taken = std::min(piece, bytes.size());
        read.state = reader.read(bytes.substr(0, taken), [&](std::string_view type, std::string_view payload) {
            read.messages.emplace_back(type, payload);
            return true;
        });
        bytes.remove_prefix(taken);
    }
    return read;
}

} // namespace peer_observer::p2p::testing
