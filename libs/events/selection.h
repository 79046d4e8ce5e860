// Which events somebody wants: alternatives of conditions, checked on the bytes of an event.
#pragma once

#include "libs/events/conjunction.h"
#include "libs/events/event_view.h"
#include "libs/events/hash_fields.h"
#include "proto/connection.pb.h"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace peer_observer::events {

class Selection {
public:
    /// The autonomous system of a host; 0 = not known.
    using FindAs = std::function<std::uint32_t(std::string_view host)>;

    /// Everything.
    Selection() = default;

    /// What fits any of `alternatives`; everything if there are none. Throws std::invalid_argument with one line: for a
    /// kind or a value that there is not, and for an alternative of which a kind can never fit the rest. `as` needs
    /// `find_as`.
    explicit Selection(std::vector<Conjunction> alternatives, FindAs find_as = {});

    bool selects_all() const { return alternatives_.empty(); }

    /// Reports of lost events (`events_lost`) are always selected: whoever selects would else take a loss for silence.
    /// What is malformed is not selected, unless everything is.
    bool selects(const EventView& event) const;

    /// Empty = everything.
    const std::vector<Conjunction>& alternatives() const { return alternatives_; }
    /// Whether an alternative names peers.
    bool selects_peers() const;
    /// Whether events of the kind can fit an alternative, by its number.
    bool takes_kind(std::size_t alternative, std::uint32_t context, std::uint32_t arm) const;
    /// What an alternative names.
    const std::vector<WantedHash>& hashes(std::size_t alternative) const { return hashes_[alternative]; }
    const std::vector<proto::Network>& networks(std::size_t alternative) const { return networks_[alternative]; }
    /// Of a host; 0 = not known.
    std::uint32_t as_of(std::string_view host) const { return find_as_ ? find_as_(host) : 0; }

private:
    /// By the numbers of the context and of the arm inside.
    using Kinds = std::bitset<std::size_t{kMaxFieldNumber} * kMaxFieldNumber>;

    static Kinds possible_kinds(const Conjunction& wanted);
    bool fits(const EventView& event, std::size_t alternative) const;

    std::vector<Conjunction> alternatives_;
    std::vector<Kinds> kinds_; ///< of each alternative; empty set = any, also those that this build does not know
    std::vector<std::vector<WantedHash>> hashes_; ///< of each alternative
    std::vector<std::vector<proto::Network>> networks_;
    FindAs find_as_;
};

} // namespace peer_observer::events
