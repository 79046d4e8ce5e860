// What a user gave for an option of the bus can never work.
#pragma once

#include <stdexcept>

namespace peer_observer::bus {

/// A bad URL, node name or queue size; its text names it.
class OptionError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace peer_observer::bus
