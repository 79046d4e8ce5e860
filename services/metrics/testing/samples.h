// Events for the tests and benchmarks of this service.
#pragma once

#include "proto/event.pb.h"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace peer_observer::metrics::testing {

inline constexpr std::int64_t kTime_s = 1'760'000'000;

/// At kTime_s, of process 100.
proto::Event sample_event();

/// From and to 192.0.2.1:8333, an inbound peer, 100 bytes.
proto::Event inbound_message(std::string_view type);
proto::Event outbound_message(std::string_view type);

/// Either message's payload.
proto::MessagePayload& payload_of(proto::Event& event);

/// Traffic in about the proportions in which a node of the main network sees it. The same seed gives the same events.
class RealisticMix {
public:
    explicit RealisticMix(std::uint64_t seed) : random_{seed} {}
    proto::Event next();

private:
    proto::Event message(std::string_view type);
    proto::Event inv(int items);
    proto::Event transaction();
    proto::Event addrv2();
    proto::Event connection();
    proto::Event rare();
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    std::string hash();

    std::mt19937_64 random_;
    std::int64_t next_peer_ = 1000;
};

/// What peers may choose, chosen at random: message types, user agents, services, addresses, fee rates, reasons.
class HostileMix {
public:
    explicit HostileMix(std::uint64_t seed) : random_{seed} {}
    proto::Event next();

private:
    std::string text(std::size_t max_length);
    std::string bytes(std::size_t max_length);
    std::string ip();

    std::mt19937_64 random_;
    std::int64_t next_peer_ = 0;
};

} // namespace peer_observer::metrics::testing
