#include "libs/web/state/activity.h"

#include <algorithm>

namespace peer_observer::web {

Activity::Counts& Activity::counts(std::string_view kind)
{
    const auto known = kinds_.find(kind);
    if (known != kinds_.end()) return known->second;
    return kinds_[std::string{kinds_.size() < kMostKinds ? kind : "*other*"}];
}

void Activity::add(std::uint64_t time_ns, std::string_view kind)
{
    if (steps_ == 0) start_ns_ = time_ns;
    const auto passed = time_ns - std::min(time_ns, start_ns_);
    while (passed / step_ns_ >= kSteps) {
        step_ns_ *= 2;
        for (auto& [name, of] : kinds_)
            for (std::size_t i = 0; i < kSteps; ++i)
                of[i] = 2 * i < kSteps ? of[2 * i] + of[2 * i + 1] : 0;
        steps_ = (steps_ + 1) / 2;
    }
    const auto step = static_cast<std::size_t>(passed / step_ns_);
    steps_ = std::max(steps_, step + 1);
    ++counts(kind)[step];
}

} // namespace peer_observer::web
