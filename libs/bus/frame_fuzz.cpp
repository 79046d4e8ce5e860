// Feeds arbitrary bytes to the frame parser as a publisher could send them. Aborts where a promise of frame.h is
// broken.
#include "libs/bus/continuity.h"
#include "libs/bus/frame.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

namespace {

using namespace peer_observer;
using namespace bus;

void demand(bool promise)
{
    if (!promise) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const auto frame = parse_frame(bytes);
    if (!frame) {
        demand(!frame.error().empty());
        return 0;
    }
    demand(events::is_node_name(frame->node));
    demand(bytes.starts_with(frame_start(frame->node)));
    demand(bytes.ends_with(frame->bytes));
    demand(frame->event_count <= frame->bytes.size());
    demand(frame->event_count <= std::numeric_limits<std::uint64_t>::max() - frame->first_sequence);

    // What we would send in its place is good as well.
    std::string again;
    begin_frame(again, frame->node, frame->publisher_id, frame->first_sequence);
    const bool has_number_left = frame->first_sequence < std::numeric_limits<std::uint64_t>::max();
    if (has_number_left) events::append_event(again, bytes);
    const auto reread = parse_frame(again);
    demand(reread && reread->node == frame->node && reread->publisher_id == frame->publisher_id &&
           reread->first_sequence == frame->first_sequence && reread->event_count == (has_number_left ? 1U : 0U));

    static Continuity continuity{16};
    continuity.next(*frame, 1, std::chrono::seconds{1});
    return 0;
}
