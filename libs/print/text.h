// Events as lines for people.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/print/origin.h"
#include "proto/event.pb.h"

#include <string>

namespace peer_observer::print {

/// Appends one line: time (UTC), node, kind, then `name=value` for each field. Only printable ASCII comes out, whatever
/// bytes a peer sent: other bytes, quotes and backslashes are `\xNN`, `\"`, `\\`. Long values and lists are shortened;
/// the JSON printer shows them in full. `colour` adds ANSI colours. Behind each address that one of `systems` has comes
/// its number: `mapped_as=13335`, as Core's RPC calls it.
void append_text(const Origin& origin, const proto::Event& event, bool colour, std::string& out,
                 const asmap::AutonomousSystems* systems = nullptr);

/// Appends a line of the same form, of the kind `missed`.
void append_text(const Missed& missed, bool colour, std::string& out);

/// The same for the kind `other_process`.
void append_text(const OtherProcess& process, bool colour, std::string& out);

} // namespace peer_observer::print
