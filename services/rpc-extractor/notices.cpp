#include "services/rpc-extractor/notices.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace peer_observer::rpc_extractor {
namespace {

constexpr std::chrono::minutes kQuiet{1};

} // namespace

void Notices::fault(std::string_view method, const Fault& fault, Clock::time_point now)
{
    const bool node = concerns_node(fault.cause);
    State& state = states_[{node ? std::string{} : std::string{method}, fault.cause}];
    if (now < state.next) {
        ++state.left_out;
        return;
    }
    const auto left_out = std::exchange(state.left_out, 0);
    state.next = now + kQuiet;
    state.open = true;
    spdlog::warn("{}: {}: {}{}", node ? std::string_view{"node"} : method, name_of(fault.cause), fault.text,
                 left_out == 0 ? "" : fmt::format(" ({} more such errors since the last line)", left_out));
}

void Notices::success(std::string_view method)
{
    bool node_was_down = !std::exchange(answered_, true);
    bool method_failed = false;
    for (auto& [key, state] : states_) {
        if (key.first.empty()) node_was_down = std::exchange(state.open, false) || node_was_down;
        if (key.first == method) method_failed = std::exchange(state.open, false) || method_failed;
    }
    if (node_was_down) spdlog::info("the node responds");
    if (method_failed) spdlog::info("{} works again", method);
}

} // namespace peer_observer::rpc_extractor
