// The answers to the paths of the API. Each throws ApiError where there is none.
#pragma once

#include "libs/web/api/view.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace peer_observer::web {

Json about(const View& view);
Json nodes(const View& view);
Json node(const View& view, const std::string& name);
Json peer(const View& view, const Request& request, const std::string& node, const std::string& peer_id);
Json message(const View& view, const Request& request, const std::string& id);
/// The latest events that a request selects, oldest first.
struct SelectedEvents {
    std::vector<KeptEventPtr> events;
    bool has_older = false;  ///< events that it selects, too
    std::uint64_t older = 0; ///< how many, where it was asked for
};
SelectedEvents select_events(const View& view, const Request& request, std::uint64_t default_limit, bool counts_older);
Json events(const View& view, const Request& request);
/// Each event of a peer that is kept, as message() has it.
void for_each_message(const View& view, const Node& node, const Peer& peer,
                      const std::function<void(const EventId&, Json&&)>& use);
Json anomalies(const View& view, const Request& request);
Json anomaly(const View& view, const std::string& id);
Json blocks(const View& view);
Json block(const View& view, const std::string& hash);
Json transaction(const View& view, const std::string& hash);
Json addresses(const View& view, const Request& request);
Json health(const View& view);

/// What a list of events says of one: `kind`, and of a message `direction`, `message_type`, `size`; `text`.
void add_summary(Json& json, const KeptEvent& kept, const proto::Event& event);

/// A peer as all answers have it.
Json peer_json(const View& view, const Node& node, const Peer& peer);

} // namespace peer_observer::web
