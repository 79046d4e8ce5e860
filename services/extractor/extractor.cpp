#include "services/extractor/extractor.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace peer_observer::extractor {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// How often the ring is drained while the kernel side sees no reason to wake us. Bounds the latency of a lone event.
constexpr int kDrainIntervalMs = 3;
// Drains that find nothing before the next record is asked to wake us.
constexpr int kQuietDrains = 10;
// Records between two looks at anything else. At the slowest, a record costs some ten microseconds per kilobyte of
// transactions.
constexpr std::size_t kRound = 1024;
constexpr int kHousekeepingMs = 100;
constexpr auto kStatusInterval = 1s;
// Past this part of the ring the messages of the peers that send most are no longer decoded.
constexpr std::size_t kFullRingFraction = 2;

std::uint64_t ktime_ns() { return static_cast<std::uint64_t>(clock_ns(CLOCK_MONOTONIC)); }

std::string_view plural(std::uint64_t count) { return count == 1 ? "" : "s"; }

} // namespace

Extractor::Extractor(const ExtractorOptions& options, bus::Publisher& publisher)
    : options_{options}, publisher_{publisher}, encoder_{options.convert},
      tracer_{options.tracepoints, options.ring_bytes,
              [this](const auto& record, auto size) { on_record(record, size); }},
      target_{options.target, tracer_, options.tracepoints}
{
    if (const auto largest = largest_payload_bytes(options.ring_bytes); largest < MAX_MESSAGE_PAYLOAD_BYTES)
        spdlog::warn("messages of more than {} bytes are lost: they do not fit into the ring buffer of {} bytes",
                     largest, options.ring_bytes);
    if (!tracer_.knows_process_start())
        spdlog::warn("no BTF in this kernel (CONFIG_DEBUG_INFO_BTF): events have no start time of their process");
    encoder_.on_falls_behind([this](std::size_t payload_bytes) {
        return tracer_.waiting_bytes() > payload_bytes + tracer_.ring_bytes() / kFullRingFraction;
    });
    refresh_statistics(); // attaching takes a while, and the first scrape may come before
}

void Extractor::run(app::Context& context)
{
    housekeeping(context);
    context.ready();
    int quiet_drains = 0;
    while (!context.stopping()) {
        encoder_.synchronize_clocks();
        const std::size_t records = tracer_.consume(kRound);
        if (tracer_.lost_total() > encoder_.reported_losses() && records < kRound)
            publish_losses(tracer_.lost_total(), ktime_ns());
        publisher_.flush();
        if (steady_clock::now() >= next_housekeeping_) housekeeping(context);
        if (records == kRound) continue;
        quiet_drains = records == 0 ? quiet_drains + 1 : 0;
        if (quiet_drains == kQuietDrains) tracer_.wake_at_next_record();
        // A probe that fires just then may not have seen it: there is one more drain before the long wait.
        const bool sleeps = quiet_drains > kQuietDrains;
        std::array<pollfd, 2> wait = {{{tracer_.ring_fd(), POLLIN, 0}, {context.stop_fd(), POLLIN, 0}}};
        (void)poll(wait.data(), wait.size(), sleeps ? kHousekeepingMs : kDrainIntervalMs);
    }
    // What fired before we were asked to stop still leaves; a node that never pauses does not keep us.
    for (std::size_t left = options_.ring_bytes / sizeof(record_header); left > 0;) {
        const std::size_t records = tracer_.consume(kRound);
        if (records == 0) break;
        left -= std::min(left, records);
    }
    publish_losses(tracer_.lost_total(), ktime_ns());
    publisher_.flush();
}

void Extractor::on_record(const record_header& record, std::size_t size)
{
    if (record.tracepoint == PEER_RECORD) return encoder_.describe_peer(record, size);
    if (record.lost_total > encoder_.reported_losses()) publish_losses(record.lost_total, record.ktime_ns);
    if (publisher_.add([&](std::string& out) { encoder_.write(record, size, out); }, size)) return;
    ++too_large_[record.tracepoint];
    publish({record.tracepoint, proto::EventsLost::EVENT_TOO_LARGE, 1}, record.ktime_ns);
}

void Extractor::publish(const EventEncoder::Loss& loss, std::uint64_t ktime)
{
    if (!publisher_.add([&](std::string& out) { encoder_.write(loss, ktime, out); }))
        throw std::logic_error{"a report of losses is too large for the bus"};
}

void Extractor::publish_losses(std::uint64_t up_to, std::uint64_t ktime)
{
    for (const auto& loss : encoder_.take_losses(tracer_.counters(), up_to))
        publish(loss, ktime);
}

void Extractor::housekeeping(app::Context& context)
{
    const auto now = steady_clock::now();
    next_housekeeping_ = now + std::chrono::milliseconds{kHousekeepingMs};
    target_.check();
    refresh_statistics();
    if (now < next_status_) return;

    next_status_ = now + kStatusInterval;
    log_losses();
    const auto processes = target_.process_count();
    context.alive(fmt::format("{} events, {} lost, {} probes attached{}", publisher_.next_sequence(),
                              encoder_.reported_losses(), target_.attached_count(),
                              processes ? fmt::format(", {} processes traced", *processes) : ""));
}

void Extractor::refresh_statistics()
{
    const std::lock_guard lock{mutex_};
    statistics_ = {encoder_.events(),      tracer_.counters(),     target_.states(),     target_.process_count(),
                   encoder_.undecodable(), encoder_.undescribed(), encoder_.truncated(), too_large_};
}

void Extractor::log_losses()
{
    const auto more = [this](loss_cause cause) {
        const auto lost = encoder_.reported_losses(cause);
        return lost - std::exchange(reported_at_notice_[cause], lost);
    };
    const auto total = encoder_.reported_losses();
    if (const auto lost = more(LOSS_RING_FULL); lost > 0)
        spdlog::warn("lost {} event{}, {} since the start: the ring buffer of {} bytes was full", lost, plural(lost),
                     total, tracer_.ring_bytes());
    if (const auto lost = more(LOSS_TOO_BIG); lost > 0)
        spdlog::warn("lost {} event{}, {} since the start: too big for the ring buffer of {} bytes", lost, plural(lost),
                     total, tracer_.ring_bytes());
}

ExtractorStatistics Extractor::statistics() const
{
    const std::lock_guard lock{mutex_};
    return statistics_;
}

} // namespace peer_observer::extractor
