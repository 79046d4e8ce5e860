// Which events somebody wants to see.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "proto/event.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::print {

/// Each list that is not empty must have an entry that fits.
struct FilterOptions {
    std::vector<std::string> kinds;         ///< `mempool` or `mempool.rejected`
    std::vector<std::string> message_types; ///< of the field `message_type`
    std::vector<std::int64_t> peers;        ///< of the field `peer_id`
    std::vector<std::string> addresses;     ///< of the field `address`: with its port, or of any port
    std::vector<std::uint32_t> pids;        ///< of the event
    std::vector<std::uint32_t> ases;        ///< autonomous systems of the field `address`, by `systems`
    std::shared_ptr<const asmap::AutonomousSystems> systems;
    std::optional<std::string> direction; ///< `inbound` or `outbound`: the second half of the kind
};

class Filter {
public:
    /// Throws std::invalid_argument with one line: for a kind or direction that there is not, and where events of one
    /// of the kinds can never fit the rest.
    explicit Filter(FilterOptions options);

    /// Whether every event is selected.
    bool selects_all() const { return selects_all_; }

    /// Reports of lost events (`events_lost`) are always selected: whoever filters would else take a loss for silence.
    bool selects(const proto::Event& event) const;

    /// Null where it knows of none.
    const asmap::AutonomousSystems* systems() const { return options_.systems.get(); }

    bool selects_peers() const { return !options_.peers.empty(); }

private:
    FilterOptions options_;
    bool selects_all_;
};

} // namespace peer_observer::print
