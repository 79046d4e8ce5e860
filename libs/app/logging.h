// Where log lines go and how they look.
#pragma once

#include <string>

namespace peer_observer::app {

/// Turns protobuf's own logging off, which has a line for each message that does not parse: whoever parses them counts.
void silence_protobuf();

/// Silences protobuf, and makes spdlog's default logger write to stderr, one line an event: control characters are
/// escaped. Lines have time and level; where stderr is journald's, its `<N>` priority instead. Throws UsageError for an
/// unknown level.
void set_up_logging(const std::string& level);

} // namespace peer_observer::app
