// What is worth a log line: a fault when it begins and then once a minute, and its end.
#pragma once

#include "services/rpc-extractor/fault.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::rpc_extractor {

class Notices {
public:
    using Clock = std::chrono::steady_clock;

    void fault(std::string_view method, const Fault& fault, Clock::time_point now);
    void success(std::string_view method);

private:
    struct State {
        Clock::time_point next{}; ///< before which nothing is logged
        std::uint64_t left_out = 0;
        bool open = false; ///< a line was logged, and no success since
    };

    bool answered_ = false;
    /// What concerns the node is one matter, whichever method meets it; what concerns a method is one a cause.
    std::map<std::pair<std::string, Cause>, State> states_;
};

} // namespace peer_observer::rpc_extractor
