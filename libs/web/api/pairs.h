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

/// Transactions that a compact block of the same conversation has, by their short ids.
struct ShortIdMatch {
    std::size_t index = 0; ///< of the compact block
    std::size_t matched = 0;
    std::size_t transactions = 0; ///< of the message: 1, or those of a blocktxn
};

struct Pairs {
    std::optional<Pair> answers;
    std::vector<Pair> answered_by; ///< at most kMostAnswers
    std::size_t asked = 0;         ///< things that must be answered
    std::size_t unanswered = 0;
    std::optional<ShortIdMatch> in_compact_block; ///< of a tx or blocktxn
    std::size_t short_ids_matched = 0;            ///< of a cmpctblock: transactions that this conversation has
};

inline constexpr std::size_t kMostAnswers = 64;

/// One for each event, in their order. Null for what is not a message.
std::vector<Pairs> find_pairs(const std::vector<const proto::Event*>& conversation);

} // namespace peer_observer::web
