// Whether a host is this one, and whether a URL's traffic leaves this host unencrypted.
#pragma once

#include <string>

namespace peer_observer::bus {

/// True for 127.0.0.0/8, [::1] and `localhost`, as they stand in a URL. What other names stand for is not looked up.
bool is_this_host(const std::string& host);

/// True for tcp:// to or on a host for which is_this_host() is false.
bool is_exposed(const std::string& url);

} // namespace peer_observer::bus
