#include "libs/archive/content.h"

#include "libs/events/event_view.h"

#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

#include <algorithm>
#include <iterator>
#include <limits>

namespace peer_observer::archive {

void Content::add(const events::Batch& batch, FrameContents* contents)
{
    if (batch.event_count == 0) return;
    protozero::write_varint(std::back_inserter(bytes), batch.bytes.size());
    bytes.append(batch.bytes);
    frame.set_content_bytes(bytes.size());
    describe(frame, batch, contents);
}

void describe(proto::ArchiveFrame& frame, const events::Batch& batch, FrameContents* contents)
{
    const bool is_first = frame.events() == 0;
    std::uint64_t earliest = is_first ? std::numeric_limits<std::uint64_t>::max() : frame.earliest_ns();
    std::uint64_t latest = frame.latest_ns();
    events::for_each_event(batch, [&](const events::EventView& event) {
        earliest = std::min(earliest, event.timestamp_ns);
        latest = std::max(latest, event.timestamp_ns);
        if (contents != nullptr) contents->add(event);
    });
    if (is_first) frame.set_first_sequence(batch.first_sequence);
    frame.set_end_sequence(batch.first_sequence + batch.event_count);
    frame.set_events(frame.events() + batch.event_count);
    frame.set_earliest_ns(earliest);
    frame.set_latest_ns(latest);
}

std::expected<std::vector<events::Batch>, std::string> split_content(std::string_view content)
{
    std::vector<events::Batch> batches;
    const char* position = content.data();
    const char* const end = position + content.size();
    const auto at = [&](const char* place) { return " at byte " + std::to_string(place - content.data()); };
    while (position < end) {
        const char* const start = position;
        std::uint64_t size = 0;
        try {
            size = protozero::decode_varint(&position, end);
        } catch (const protozero::exception&) {
            return std::unexpected{"there is no length of a batch" + at(start)};
        }
        if (size > static_cast<std::uint64_t>(end - position))
            return std::unexpected{"a batch goes beyond the frame's end" + at(start)};
        const auto batch = events::parse_batch({position, static_cast<std::size_t>(size)});
        if (!batch) return std::unexpected{batch.error() + at(start)};
        batches.push_back(*batch);
        position += size;
    }
    return batches;
}

} // namespace peer_observer::archive
