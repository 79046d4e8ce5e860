// The table of typed events: which message of Core's becomes which arm of proto::Log.
#pragma once

#include <span>
#include <string_view>

namespace peer_observer::log_extractor {

struct Row {
    /// The arm of proto::Log.
    std::string_view kind;
    /// See Pattern.
    std::string_view pattern;
    /// A message that fits, as Core writes it. Tests read it: hashes are `H`, which stands for 64 hex digits.
    std::string_view example;
};

/// The first row that fits a message decides. Messages are those of v31; where v28 to v30 have other words, they have a
/// row of their own behind it.
std::span<const Row> table();

} // namespace peer_observer::log_extractor
