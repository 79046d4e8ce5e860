// Checks addresses, many at a time: connect, say version, hear version, hang up.
#pragma once

#include "services/addr-connectivity/dialer.h"
#include "services/addr-connectivity/handshake.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace peer_observer::addr_connectivity {

struct CheckerOptions {
    p2p::Magic magic{};
    std::string user_agent;
    std::array<std::optional<Address>, kNetworkCount> proxies{}; ///< SOCKS5, by network
    std::chrono::milliseconds connect_timeout{20'000};
    std::chrono::milliseconds handshake_timeout{20'000};
    /// Called with what a check does, as it does it, if not empty.
    std::function<void(const Address&, std::string_view)> step = {};
};

class Checker {
public:
    using Ended = std::function<void(const Address&, proto::AddressChecked)>;

    /// The poller outlives the checker. `ended` is called from work(), once for each check, with all that the check
    /// itself finds out.
    Checker(Poller& poller, CheckerOptions options, Ended ended);
    ~Checker();
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    void start(const Address& address);

    /// Does what is due. Call it after each Poller::wait().
    void work();
    /// When work() should be called, whatever the poller sees. Nothing if never.
    std::optional<Clock::time_point> deadline() const;
    std::size_t in_flight() const { return checks_.size(); }

private:
    struct Check;
    using Checks = std::map<std::uint64_t, Check>;

    void connected(std::uint64_t id, std::expected<base::Descriptor, DialError> result);
    void on_event(std::uint64_t id, std::uint32_t events);
    bool send(Check& check);
    void receive(std::uint64_t id, Check& check);
    void watch(std::uint64_t id, Check& check);
    void tell(const Address& address, std::string_view step) const;
    void end(std::uint64_t id, Result result, const std::string& reason);

    Poller& poller_;
    CheckerOptions options_;
    Ended ended_;
    std::mt19937_64 random_;
    std::uint64_t next_id_ = 0;
    Checks checks_;
    std::multimap<Clock::time_point, std::uint64_t> deadlines_; ///< of handshakes
    Dialer dialer_;
};

} // namespace peer_observer::addr_connectivity
