// Events as JSON, one object a line.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/print/origin.h"
#include "proto/event.pb.h"

#include <string>

namespace peer_observer::print {

/// Appends one line, valid JSON in printable ASCII whatever bytes a peer sent:
///   {"timestamp_ns":..,"node":..,"publisher":"..","sequence":..,"kind":"mempool.rejected","pid":..,"event":{..}}
/// - `event` has the fields of the event in full, by name, nested as they are in proto/; absent ones are left out.
/// - Numbers are numbers, 64-bit ones too, but for the publisher and fields marked HEX_NUMBER, which are 16 hex digits.
///   Enums are names (a number without a name stays a number).
/// - Hashes are as bitcoin-cli shows them; other bytes are hex.
/// - Text: bytes that are not UTF-8 become U+FFFD each, and the exact bytes follow in a field of their own,
/// `<name>_hex`. `process_start_ms` and `unreadable_arguments` stand before `event` where there are any.
/// - Behind each `address` that one of `systems` has comes its number, `mapped_as`.
void append_json(const Origin& origin, const proto::Event& event, std::string& out,
                 const asmap::AutonomousSystems* systems = nullptr);

/// Appends a line of the same form: kind `missed`, the first missing `sequence`, and in `event` the `count`, `null`
/// where it is not known.
void append_json(const Missed& missed, std::string& out);

} // namespace peer_observer::print
