// Which message of a conversation answers which, by what proves it.
#pragma once

#include "libs/web/state/peer.h"
#include "proto/event.pb.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace peer_observer::web {

/// A message as far as pairs go. Indexes are places in the conversation.
struct Pair {
    std::size_t index = 0;
    const char* by = ""; ///< nonce, hash, order
};

struct Pairs {
    std::optional<Pair> answers;
    std::vector<Pair> answered_by; ///< at most kMostAnswers
    std::size_t asked = 0;         ///< things that must be answered
    std::size_t unanswered = 0;
};

inline constexpr std::size_t kMostAnswers = 64;

/// One for each event, in their order. Null for what is not a message.
std::vector<Pairs> find_pairs(const std::vector<const proto::Event*>& conversation);

} // namespace peer_observer::web
