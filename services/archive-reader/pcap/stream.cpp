#include "services/archive-reader/pcap/stream.h"

#include <limits>
#include <utility>

namespace peer_observer::archive_reader {
namespace {

/// Of segments that wait for one before them: more than the receive windows of Linux's default. A capture of one
/// direction has no acknowledgements that would say when to give up.
constexpr std::size_t kMaxWaitingBytes = std::size_t{8} << 20U;
constexpr std::size_t kMaxWaitingSegments = 8192;
/// A node of the map, the vector in it, and what the allocator adds.
constexpr std::size_t kSegmentOverhead = 112;

using Waiting = Tins::TCPIP::DataTracker::buffered_payload_type;

/// The first one behind the missing bytes.
Waiting::iterator first_of(Waiting& waiting, std::uint32_t next_sequence)
{
    const auto first = waiting.lower_bound(next_sequence);
    return first == waiting.end() ? waiting.begin() : first;
}

} // namespace

bool is_up_to(std::uint32_t sequence, std::uint32_t other)
{
    return other - sequence <= std::numeric_limits<std::uint32_t>::max() / 2;
}

void Stream::receive(std::uint32_t sequence, std::string_view payload, std::uint64_t time_ns, const Reports& reports)
{
    if (payload.empty()) return;
    (void)tracker_.process_payload(sequence, {payload.begin(), payload.end()});
    settle(time_ns, reports);
}

void Stream::acknowledge(std::uint32_t sequence, std::uint64_t time_ns, const Reports& reports)
{
    if (acknowledged_ && is_up_to(sequence, *acknowledged_)) return;
    acknowledged_ = sequence;
    settle(time_ns, reports);
}

void Stream::end(std::uint64_t time_ns, const Reports& reports)
{
    // What the other side has is read by now. What it never had, nobody has read.
    if (acknowledged_) return;
    while (!tracker_.buffered_payload().empty())
        skip_hole(time_ns, reports);
}

std::size_t Stream::memory() const
{
    return sizeof *this + finder_.memory() + tracker_.total_buffered_bytes() +
           tracker_.buffered_payload().size() * kSegmentOverhead;
}

void Stream::settle(std::uint64_t time_ns, const Reports& reports)
{
    read_on(time_ns, reports);
    auto& waiting = tracker_.buffered_payload();
    while (!waiting.empty()) {
        const auto first = first_of(waiting, tracker_.sequence_number())->first;
        const bool is_given_up = acknowledged_ && is_up_to(first, *acknowledged_);
        if (!is_given_up && waiting.size() <= kMaxWaitingSegments &&
            tracker_.total_buffered_bytes() <= kMaxWaitingBytes)
            return;
        skip_hole(time_ns, reports);
    }
}

void Stream::skip_hole(std::uint64_t time_ns, const Reports& reports)
{
    auto& waiting = tracker_.buffered_payload();
    const auto first = first_of(waiting, tracker_.sequence_number());
    const auto sequence = first->first;
    if (!is_up_to(tracker_.sequence_number(), sequence)) { // it has been read
        waiting.erase(first);
        return;
    }
    auto payload = first->second; // which advance_sequence() deletes, and counts
    finder_.lose(sequence - tracker_.sequence_number());
    // Of a connection that was found in its middle, nothing is expected before its first message.
    if (finder_.has_found() || (is_beginning_ && !finder_.is_other())) reports.hole(time_ns);
    tracker_.advance_sequence(sequence);
    (void)tracker_.process_payload(sequence, std::move(payload));
    read_on(time_ns, reports);
}

void Stream::read_on(std::uint64_t time_ns, const Reports& reports)
{
    auto& payload = tracker_.payload();
    if (payload.empty()) return;
    finder_.add({reinterpret_cast<const char*>(payload.data()), payload.size()}, time_ns);
    payload.clear();
    while (const auto message = finder_.next())
        reports.message(*message);
}

} // namespace peer_observer::archive_reader
