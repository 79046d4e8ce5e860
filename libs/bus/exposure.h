// Whether others can read and forge what goes over a URL.
#pragma once

#include <string>

namespace peer_observer::bus {

/// True for tcp:// that is not to or on this host by its address (127.0.0.0/8, ::1) or as `localhost`. What other names
/// stand for is not looked up.
bool is_exposed(const std::string& url);

} // namespace peer_observer::bus
