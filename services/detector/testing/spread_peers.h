// Gives each peer on 127.0.0.1 an address that tells something: rules by host, site and AS then look at recorded
// traffic.
#pragma once

#include <string>
#include <string_view>

namespace peer_observer::detector::testing {

/// Of a serialized EventBatch: each 127.0.0.1:PORT becomes an address by its port. One of eight is in 11.0.0.0/8, the
/// others are in 200 of the /12 of 240.0.0.0/4.
std::string spread_peers(std::string_view batch);

} // namespace peer_observer::detector::testing
