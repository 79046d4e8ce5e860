// The kind of an event, by protobuf reflection: nothing here knows any particular kind.
#pragma once

#include "proto/event.pb.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::events {

/// The arms of the oneofs that make up an event's kind, e.g. `mempool` and `rejected`.
struct Kind {
    std::string_view context; ///< `unknown` for a kind that is newer than this program
    std::string_view name;    ///< empty where the context has no inner oneof, as `events_lost`; else like `context`
    /// What the innermost arm holds; null for an unknown kind. Lives as long as the event.
    const google::protobuf::Message* content = nullptr;
};

Kind kind_of(const proto::Event& event);

/// `mempool.rejected`, or `events_lost`.
std::string to_string(const Kind& kind);

struct KnownKind {
    std::string full_name; ///< as to_string() says it
    std::string_view name;
    std::uint32_t context; ///< field numbers, as EventView has them
    std::uint32_t arm;
    const google::protobuf::Descriptor* content; ///< of what the innermost arm holds
};

/// All that this program knows, in the order of the descriptors.
std::vector<KnownKind> known_kinds();

} // namespace peer_observer::events
