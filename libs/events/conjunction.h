// Conditions of which an event must fit all, and the text that --select takes for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::events {

/// Of each list that is not empty, one entry must fit. Selection checks the values.
struct Conjunction {
    std::vector<std::string> kinds;         ///< `mempool` or `mempool.rejected`
    std::vector<std::string> message_types; ///< of the field `message_type`; a peer may send any
    std::vector<std::string> directions;    ///< `inbound` or `outbound`: the second half of the kind
    std::vector<std::int64_t> peers;        ///< of the field `peer_id`
    std::vector<std::string> addresses;     ///< of the field `address`: with its port, or of any port
    std::vector<std::uint32_t> pids;        ///< of the event
    std::vector<std::uint32_t> ases;        ///< autonomous systems of the field `address`
    std::vector<std::string> networks;      ///< `ipv4`, `onion`: of the field `network`, or of `address`
    std::vector<std::string> hashes;        ///< of a transaction or block, in any field: 64 hex digits

    bool operator==(const Conjunction&) const = default;
    bool is_empty() const { return *this == Conjunction{}; }
};

/// Of a selection's text: what a stranger's request may cost.
inline constexpr std::size_t kMaxSelectionBytes = 4096;
inline constexpr std::size_t kMaxAlternatives = 64;

/// Reads `kind=message,message_type=inv|tx,direction=inbound`: terms, separated by commas, of which all must fit; a
/// term's values are separated by |, and one must fit. The error is one line of printable ASCII.
std::expected<Conjunction, std::string> parse_conjunction(std::string_view text);

/// The same text, with the terms in a fixed order. Values have no separators in them: Selection refuses such.
std::string to_string(const Conjunction& conjunction);

/// What separates terms, and the values of one: no kind, address or number has them in it.
inline constexpr std::string_view kSeparators = ",|";

/// What --select does, for --help and other places that explain it.
inline constexpr auto kSelectionHelp =
    "only events that fit TERM[,TERM...], all of them. A TERM is KEY=VALUE[|VALUE...] with the key kind, message_type, "
    "direction, peer, address, network, as, pid or hash, and fits if one of its values does: "
    "kind=message,message_type=inv|tx,direction=inbound. May be repeated: events are selected that fit any of them";

} // namespace peer_observer::events
