// Answers to RPC calls for the tests of this service.
#pragma once

#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {

/// An event at kTime_s, of no process, with what `fill` puts into it.
inline proto::Event answer(const auto& fill)
{
    auto event = sample_event();
    event.clear_pid();
    fill(*event.mutable_rpc());
    return event;
}

} // namespace peer_observer::metrics::testing
