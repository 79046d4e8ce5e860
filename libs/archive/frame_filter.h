// Which frames can have events of a selection, by their search records.
#pragma once

#include "libs/archive/frame_contents.h"
#include "libs/events/selection.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace peer_observer::archive {

class FrameFilter {
public:
    /// A selection that selects everything excludes no frame.
    explicit FrameFilter(events::Selection selection) : selection_{std::move(selection)} {}

    /// False only where no event in the frame is selected, and none is malformed.
    bool may_fit(const ContentsView& contents);

private:
    bool may_fit(const ContentsView& contents, std::size_t alternative);
    bool has_as(const ContentsView& contents, const events::Conjunction& wanted);

    events::Selection selection_;
    std::unordered_map<std::string, std::uint32_t> ases_; ///< by host: frames have the same ones again and again
};

} // namespace peer_observer::archive
