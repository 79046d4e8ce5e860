// The metrics of addr and addrv2 messages.
#pragma once

#include "proto/p2p.pb.h"
#include "services/metrics/p2p/announcers.h"
#include "services/metrics/series/bounded_counters.h"
#include "services/metrics/series/direction.h"

#include <cstdint>
#include <string_view>

namespace peer_observer::metrics {

/// What addr and addrv2 messages are counted by alike.
class AddressFigures {
public:
    struct Metrics {
        Metric addresses;
        Metric timestamp_offset;
        Metric service_bits;
        Metric services;
    };
    AddressFigures(NodeRegistry& registry, const Metrics& metrics);

    void observe(const proto::Addresses& message, Direction direction, std::int64_t time_s);
    void flush();

private:
    DirectionHistograms counts_;
    std::array<BufferedHistogram, 2> past_; ///< by direction
    std::array<BufferedHistogram, 2> future_;
    DirectionHistograms service_bits_;
    BoundedCounters services_;
};

class Addresses {
public:
    explicit Addresses(NodeRegistry& registry);

    /// `host`: the peer's address without port. `time_s`: UNIX time of the message.
    void observe_addr(const proto::Addresses& message, Direction direction, std::string_view host, std::int64_t time_s);
    void observe_addrv2(const proto::Addresses& message, Direction direction, std::string_view host,
                        std::int64_t time_s);
    /// Of a peer to which the node has connected.
    void observe_version(const proto::Version& version) { announcements_.own_addresses().learn(version.receiver()); }
    void flush();

private:
    void observe_announcements(const proto::Addresses& message, Direction direction, std::string_view host);

    AddressFigures addr_;
    AddressFigures addrv2_;
    BoundedCounters empty_;
    Announcements announcements_;
};

} // namespace peer_observer::metrics
