// Values of answers.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/web/state/kept_event.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace peer_observer::web {

using Json = nlohmann::ordered_json; ///< in the order in which the contract has its fields

/// Printable ASCII, valid whatever bytes a peer sent.
std::string to_text(const Json& json);

/// Adds `name`, and `<name>_hex` where the bytes are not UTF-8, as the logger's JSON does.
void add_text(Json& object, const std::string& name, std::string_view bytes);

/// The logger's JSON of an event.
Json event_json(const KeptEvent& kept, const proto::Event& event, const asmap::AutonomousSystems* systems);

/// The fields of a message, as print::append_json has them in `event`: that of an event which has nothing else.
Json fields_of(const proto::Event& event);

/// The fields of an event, shortened, as the logger's text format has them.
std::string text_of(const KeptEvent& kept, const proto::Event& event);

} // namespace peer_observer::web
