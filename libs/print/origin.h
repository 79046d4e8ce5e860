// Where an event comes from: what its batch says about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace peer_observer::print {

struct Origin {
    std::string_view node;
    std::uint64_t publisher_id = 0;
    std::uint64_t sequence = 0;
};

/// Events of one publisher that did not arrive.
struct Missed {
    std::string_view node;
    std::uint64_t publisher_id = 0;
    std::uint64_t first_sequence = 0;
    std::optional<std::uint64_t> count = 0; ///< none: nobody knows how many
    std::uint64_t timestamp_ns = 0;         ///< of the next event that did arrive, or of when the gap was noticed
};

/// What follows is of another process of the node than what came before.
struct OtherProcess {
    std::string_view node;
    std::uint32_t pid = 0;
    std::uint64_t process_start_ms = 0; ///< 0 = not known
    std::uint64_t timestamp_ns = 0;     ///< of its first event
};

} // namespace peer_observer::print
