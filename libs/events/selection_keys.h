// The keys of a selection's terms, for those who have conditions one by one: parameters of a request, fields of a form.
#pragma once

#include "libs/events/conjunction.h"

#include <span>
#include <string>
#include <string_view>

namespace peer_observer::events {

/// In the order in which to_string() writes them.
std::span<const std::string_view> selection_keys();

/// Adds one value to a key's list, as parse_conjunction() does. Returns one line that says what is wrong; empty =
/// nothing.
std::string add_condition(Conjunction& conjunction, std::string_view key, std::string_view value);

} // namespace peer_observer::events
