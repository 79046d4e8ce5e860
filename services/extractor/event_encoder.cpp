#include "services/extractor/event_encoder.h"

#include "libs/wire/writer.h"
#include "services/extractor/tracepoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

namespace peer_observer::extractor {
namespace {

using proto::Event;
using proto::EventsLost;

constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

constexpr std::array kCauses = {EventsLost::RING_FULL, EventsLost::TOO_BIG};
static_assert(kCauses.size() == LOSS_CAUSE_COUNT);

bool complete(const record_header& record, std::size_t size)
{
    if (size < sizeof(record) || record.tracepoint >= kTracepoints.size()) return false;
    if (size < kTracepoints[record.tracepoint].conversion.record_bytes) return false;
    if (record.tracepoint != NET_INBOUND_MESSAGE && record.tracepoint != NET_OUTBOUND_MESSAGE) return true;
    const std::uint64_t payload = reinterpret_cast<const message_record&>(record).size;
    return payload > MAX_MESSAGE_PAYLOAD_BYTES || payload <= size - sizeof(message_record);
}

void write_unreadable(unsigned mask, wire::Writer& event)
{
    std::vector<std::uint32_t> arguments;
    for (; mask != 0; mask &= mask - 1)
        arguments.push_back(static_cast<std::uint32_t>(std::countr_zero(mask)) + 1);
    event.add_packed_uint32(Event::kUnreadableArgumentsFieldNumber, arguments.begin(), arguments.end());
}

std::logic_error bad_record(const record_header& record, std::size_t size)
{
    return std::logic_error{
        fmt::format("the kernel side wrote a record of {} bytes for tracepoint {}", size, record.tracepoint)};
}

} // namespace

void EventEncoder::describe_peer(const record_header& record, std::size_t size)
{
    if (size < sizeof(peer_record)) throw bad_record(record, size);
    context_.peers.describe(reinterpret_cast<const peer_record&>(record));
}

std::string_view EventEncoder::encode(const record_header& record, std::size_t size)
{
    if (!complete(record, size)) throw bad_record(record, size);
    const Conversion& conversion = kTracepoints[record.tracepoint].conversion;
    event_.clear();
    wire::Writer event{event_};
    event.add_fixed64(Event::kTimestampNsFieldNumber, unix_time_ns(record.ktime_ns));
    event.add_uint32(Event::kPidFieldNumber, record.pid);
    if (record.process_start_ns != 0)
        event.add_uint64(Event::kProcessStartMsFieldNumber, record.process_start_ns / kNanosecondsPerMillisecond);
    if (record.unreadable != 0) write_unreadable(record.unreadable, event);
    {
        wire::Writer context{event, static_cast<protozero::pbf_tag_type>(conversion.context_field)};
        wire::Writer leaf{context, static_cast<protozero::pbf_tag_type>(conversion.event_field)};
        RecordWriter out{leaf, record};
        conversion.convert(record, out, context_);
    }
    ++events_[record.tracepoint];
    return event_;
}

std::vector<std::string> EventEncoder::encode_losses(const KernelCounters& counters, std::uint64_t up_to,
                                                     std::uint64_t ktime_ns)
{
    std::vector<std::string> events;
    for (std::size_t i = 0; i < TRACEPOINT_COUNT; ++i) {
        for (std::size_t cause = 0; cause < LOSS_CAUSE_COUNT; ++cause) {
            auto& reported = reported_.lost[i][cause];
            const std::uint64_t count = std::min(counters.lost[i][cause] - reported, up_to - reported_total_);
            if (count == 0) continue;
            reported += count;
            reported_total_ += count;
            events.push_back(loss_event(i, kCauses[cause], count, ktime_ns));
        }
    }
    return events;
}

std::string EventEncoder::loss_event(std::size_t tracepoint, EventsLost::Cause cause, std::uint64_t count,
                                     std::uint64_t ktime_ns) const
{
    Event event;
    event.set_timestamp_ns(unix_time_ns(ktime_ns));
    auto& lost = *event.mutable_events_lost();
    lost.set_tracepoint(kTracepoints.at(tracepoint).full_name());
    lost.set_cause(cause);
    lost.set_count(count);
    return event.SerializeAsString();
}

std::uint64_t EventEncoder::reported_losses(loss_cause cause) const
{
    std::uint64_t sum = 0;
    for (const auto& of_tracepoint : reported_.lost)
        sum += of_tracepoint[cause];
    return sum;
}

} // namespace peer_observer::extractor
