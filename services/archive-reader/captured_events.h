// What somebody captured of a node's traffic, as events: the files of -capturemessages, or packets.
#pragma once

#include "proto/event.pb.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::archive_reader {

class CapturedEvents {
public:
    CapturedEvents() = default;
    virtual ~CapturedEvents() = default;
    CapturedEvents(const CapturedEvents&) = delete;
    CapturedEvents& operator=(const CapturedEvents&) = delete;

    /// The next event; null at the end. Lives until the next call.
    virtual const proto::Event* next() = 0;

    /// Calls `report` for each file that was not read to its end.
    virtual void
    each_problem(const std::function<void(const std::filesystem::path&, const std::string&)>& report) const = 0;

    virtual std::uint64_t bytes_done() const = 0;
    virtual std::size_t peers() const = 0;
    /// Says in the log what could not be imported, for other reasons than a damaged file.
    virtual void log_what_is_left_out() const {}
};

/// Fills in what is known of a message from its payload, as the extractor does it with its default options.
void describe_payload(std::string_view payload, proto::PeerMessage& message);

} // namespace peer_observer::archive_reader
