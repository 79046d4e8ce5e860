// One direction of a TCP connection: its segments, in whatever order they were captured, become its messages.
#pragma once

#include "services/archive-reader/pcap/message_finder.h"

#include <tins/tcp_ip/data_tracker.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace peer_observer::archive_reader {

class Stream {
public:
    struct Reports {
        std::function<void(const MessageFinder::Message&)> message;
        /// Messages are missing here because segments are.
        std::function<void(std::uint64_t time_ns)> hole;
    };

    /// `next_sequence`: the number of the first byte that is looked at. `is_beginning`: no byte came before it.
    Stream(const p2p::Magic& magic, std::uint32_t next_sequence, bool is_beginning)
        : first_sequence_{next_sequence}, is_beginning_{is_beginning}, tracker_{next_sequence},
          finder_{magic, is_beginning}
    {}

    void receive(std::uint32_t sequence, std::string_view payload, std::uint64_t time_ns, const Reports& reports);
    /// The other side has everything before this number. What is not in the capture is not going to be.
    void acknowledge(std::uint32_t sequence, std::uint64_t time_ns, const Reports& reports);
    /// Nothing more comes. Of a capture of this direction only, what is behind missing bytes becomes readable.
    void end(std::uint64_t time_ns, const Reports& reports);

    bool is_beginning() const { return is_beginning_; }
    std::uint32_t first_sequence() const { return first_sequence_; }
    /// Of the next byte.
    std::uint32_t next_sequence() const { return tracker_.sequence_number(); }
    const MessageFinder& finder() const { return finder_; }
    /// What it takes, about.
    std::size_t memory() const;

private:
    void settle(std::uint64_t time_ns, const Reports& reports);
    void skip_hole(std::uint64_t time_ns, const Reports& reports);
    void read_on(std::uint64_t time_ns, const Reports& reports);

    std::uint32_t first_sequence_;
    bool is_beginning_;
    Tins::TCPIP::DataTracker tracker_;
    MessageFinder finder_;
    std::optional<std::uint32_t> acknowledged_;
};

/// Whether a byte stands at or before another one, of numbers that start over at 2^32.
bool is_up_to(std::uint32_t sequence, std::uint32_t other);

} // namespace peer_observer::archive_reader
