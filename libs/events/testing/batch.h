// What the tests of batches, and of what carries batches, share.
#pragma once

#include "libs/events/batch.h"
#include "proto/event.pb.h"

namespace peer_observer::events::testing {

/// Two events of node alice, numbered from 5 on.
inline proto::EventBatch good_batch()
{
    proto::EventBatch batch;
    batch.set_schema_version(kSchemaVersion);
    batch.set_node("alice");
    batch.set_publisher_id(1);
    batch.set_first_sequence(5);
    batch.add_events()->set_timestamp_ns(2);
    batch.add_events();
    return batch;
}

} // namespace peer_observer::events::testing
