// Kernel records -> events, written into the bus's frame, and reports of those that are missing.
#pragma once

#include "proto/event.pb.h"
#include "services/extractor/clocks.h"
#include "services/extractor/converters.h"
#include "services/extractor/tracer.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::extractor {

class EventEncoder {
public:
    explicit EventEncoder(ConvertOptions options) { context_.options = options; }

    /// Appends the event of one record. Throws std::logic_error for a record that no program of ours writes.
    void write(const record_header& record, std::size_t size, std::string& out);

    /// Takes in what a PEER_RECORD says, for the messages behind it. Throws like write().
    void describe_peer(const record_header& record, std::size_t size);

    struct Loss {
        std::size_t tracepoint;
        proto::EventsLost::Cause cause;
        std::uint64_t events;
    };

    /// What the kernel side has lost and no call has taken, one a tracepoint and cause, until `up_to` losses are taken
    /// since the start: the counters are those of now, and may count losses that belong after later records. Which of
    /// several tracepoints lost first is not known then; the number is.
    std::vector<Loss> take_losses(const KernelCounters& counters, std::uint64_t up_to);

    /// Appends the event that reports a loss before `ktime_ns`.
    void write(const Loss& loss, std::uint64_t ktime_ns, std::string& out) const;

    /// Of all the losses that take_losses() has returned: the sum.
    std::uint64_t reported_losses() const { return reported_total_; }

    /// Of those, of one cause.
    std::uint64_t reported_losses(loss_cause cause) const;

    /// Reads both clocks anew. Call it every few milliseconds: UNIX time is set and slewed, the kernel's is not.
    void synchronize_clocks() { clock_offset_ns_ = unix_time_offset_ns(); }

    const std::array<std::uint64_t, TRACEPOINT_COUNT>& events() const { return events_; }
    const std::map<std::string_view, std::uint64_t>& undecodable() const { return context_.undecodable; }
    std::uint64_t undescribed() const { return context_.undescribed; }
    const TruncatedMessages& truncated() const { return context_.truncated; }
    void on_falls_behind(DecodePolicy::FallsBehind falls_behind)
    {
        context_.policy.on_falls_behind(std::move(falls_behind));
    }

private:
    std::uint64_t unix_time_ns(std::uint64_t ktime_ns) const
    {
        return ktime_ns + static_cast<std::uint64_t>(clock_offset_ns_);
    }

    ConvertContext context_;
    std::int64_t clock_offset_ns_ = 0;
    KernelCounters reported_;
    std::uint64_t reported_total_ = 0;
    std::array<std::uint64_t, TRACEPOINT_COUNT> events_{};
};

} // namespace peer_observer::extractor
