// What the tests and the fuzz target of this service share.
#pragma once

#include "services/rpc-extractor/calls.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace peer_observer::rpc_extractor::testing {

/// The first call of that method.
inline const Call& call_of(std::string_view method)
{
    const auto found = std::ranges::find(calls(), method, &Call::method);
    if (found == calls().end()) throw std::logic_error{"no such method"};
    return *found;
}

} // namespace peer_observer::rpc_extractor::testing
