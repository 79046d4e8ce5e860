// The main loop: calls when they are due, answers to events.
#pragma once

#include "libs/app/app.h"
#include "libs/app/signals.h"
#include "libs/bus/publisher.h"
#include "services/rpc-extractor/answer.h"
#include "services/rpc-extractor/http.h"
#include "services/rpc-extractor/metrics.h"
#include "services/rpc-extractor/notices.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::rpc_extractor {

struct PolledCall {
    const Call* call;
    std::chrono::nanoseconds interval;
};

struct PollerOptions {
    Endpoint endpoint;
    CredentialFiles credentials;
    std::chrono::milliseconds timeout{std::chrono::seconds{30}};
    std::vector<PolledCall> calls;
};

class Poller {
public:
    Poller(PollerOptions options, bus::Publisher& publisher, Metrics& metrics);

    /// Runs until the context says stop.
    void run(app::Context& context);

private:
    using Clock = std::chrono::steady_clock;
    struct Slot {
        PolledCall polled;
        Clock::time_point due;
        std::uint64_t request_id = 0;
        bool busy = false;
        bool left_alone = false;
        bool was_too_large = false;
        bool is_shortened = false; ///< the latest event
    };

    void start(std::size_t index, Clock::time_point now);
    void finish(HttpAnswer& answer);
    std::optional<Fault> take(Slot& slot, HttpAnswer& answer);
    std::optional<Fault> publish(Slot& slot, proto::Rpc& rpc);
    void fail(Slot& slot, const Fault& fault);
    void call_all_again();
    void note_uptime(const proto::Rpc& rpc);

    PollerOptions options_;
    bus::Publisher& publisher_;
    Metrics& metrics_;
    Notices notices_;
    Http http_;
    app::ReloadSignal reload_;
    std::vector<Slot> slots_;
    std::uint64_t next_request_id_ = 1;
    std::optional<Credentials> credentials_; ///< of the last call
    std::int64_t last_uptime_ = 0;
    std::uint64_t faults_ = 0;
};

} // namespace peer_observer::rpc_extractor
