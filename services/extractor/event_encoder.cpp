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

void EventEncoder::write(const record_header& record, std::size_t size, std::string& out)
{
    if (!complete(record, size)) throw bad_record(record, size);
    const Conversion& conversion = kTracepoints[record.tracepoint].conversion;
    wire::Writer event{out};
    event.add_fixed64(Event::kTimestampNsFieldNumber, unix_time_ns(record.ktime_ns));
    event.add_uint32(Event::kPidFieldNumber, record.pid);
    if (record.process_start_ns != 0)
        event.add_uint64(Event::kProcessStartMsFieldNumber, record.process_start_ns / kNanosecondsPerMillisecond);
    if (record.unreadable != 0) write_unreadable(record.unreadable, event);
    {
        // About as large as its record.
        wire::Writer context{event, static_cast<protozero::pbf_tag_type>(conversion.context_field), size};
        wire::Writer leaf{context, static_cast<protozero::pbf_tag_type>(conversion.event_field), size};
        RecordWriter fields{leaf, record};
        conversion.convert(record, fields, context_);
    }
    ++events_[record.tracepoint];
}

std::vector<EventEncoder::Loss> EventEncoder::take_losses(const KernelCounters& counters, std::uint64_t up_to)
{
    std::vector<Loss> losses;
    for (std::size_t i = 0; i < TRACEPOINT_COUNT; ++i) {
        for (std::size_t cause = 0; cause < LOSS_CAUSE_COUNT; ++cause) {
            auto& reported = reported_.lost[i][cause];
            const std::uint64_t count = std::min(counters.lost[i][cause] - reported, up_to - reported_total_);
            if (count == 0) continue;
            reported += count;
            reported_total_ += count;
            losses.push_back({i, kCauses[cause], count});
        }
    }
    return losses;
}

void EventEncoder::write(const Loss& loss, std::uint64_t ktime_ns, std::string& out) const
{
    wire::Writer event{out};
    event.add_fixed64(Event::kTimestampNsFieldNumber, unix_time_ns(ktime_ns));
    wire::Writer lost{event, Event::kEventsLostFieldNumber};
    lost.add_string(EventsLost::kTracepointFieldNumber, kTracepoints.at(loss.tracepoint).full_name());
    lost.add_enum(EventsLost::kCauseFieldNumber, loss.cause);
    lost.add_uint64(EventsLost::kCountFieldNumber, loss.events);
}

std::uint64_t EventEncoder::reported_losses(loss_cause cause) const
{
    std::uint64_t sum = 0;
    for (const auto& of_tracepoint : reported_.lost)
        sum += of_tracepoint[cause];
    return sum;
}

} // namespace peer_observer::extractor
