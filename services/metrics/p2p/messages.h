// The metrics of P2P messages in general; passes payloads on to those who count what is in them.
#pragma once

#include "proto/message.pb.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/p2p/addresses.h"
#include "services/metrics/p2p/inventory.h"
#include "services/metrics/p2p/session.h"
#include "services/metrics/series/bounded_counters.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::metrics {

class Messages {
public:
    Messages(NodeRegistry& registry, const IpLists& lists);

    /// `time_s`: UNIX time of the event.
    bool observe(const proto::Message& event, std::int64_t time_s);

    /// Makes buffered figures visible.
    void flush();

private:
    void observe(const proto::PeerMessage& message, Direction direction, std::int64_t time_s);
    void observe_payload(const proto::PeerMessage& message, Direction direction, std::int64_t time_s);
    void observe(const proto::ProcessedMessage& message);

    BoundedCounters by_type_;
    const IpLists::List* linkinglion_;
    Addresses addresses_;
    Inventory inventory_;
    Session session_;
};

} // namespace peer_observer::metrics
