#include "libs/events/event_reader.h"

#include <limits>

namespace peer_observer::events {
namespace {

// What the events of a common batch need, and more.
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
// Parsed events take a multiple of their bytes. After few of them the memory of their strings is used again before
// malloc puts it back together.
constexpr std::size_t kBytesBeforeReset = kBlockBytes / 64;

google::protobuf::ArenaOptions arena_options(char* block)
{
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = kBlockBytes;
    return options;
}

} // namespace

EventReader::EventReader() : block_{std::make_unique<char[]>(kBlockBytes)}, arena_{arena_options(block_.get())} {}

const proto::Event* EventReader::parse(std::string_view event)
{
    if (parsed_bytes_ >= kBytesBeforeReset) {
        arena_.Reset();
        parsed_bytes_ = 0;
    }
    parsed_bytes_ += event.size() + 1; // empty ones count, too
    auto& parsed = *proto::Event::default_instance().New(&arena_);
    const bool is_valid = event.size() <= std::numeric_limits<int>::max() &&
                          parsed.ParseFromArray(event.data(), static_cast<int>(event.size()));
    return is_valid ? &parsed : nullptr;
}

BadEvent EventReader::bad_event(const EventView& view)
{
    return {.sequence = view.sequence,
            .size = view.bytes.size(),
            .reason = view.is_malformed ? "it is not valid protobuf"
                                        : "a field in it is not valid, like text that is not UTF-8"};
}

} // namespace peer_observer::events
