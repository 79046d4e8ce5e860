// The extractor's main loop: kernel records in, batches out.
#pragma once

#include "libs/app/app.h"
#include "libs/bus/publisher.h"
#include "services/extractor/event_encoder.h"
#include "services/extractor/target.h"
#include "services/extractor/tracer.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

namespace peer_observer::extractor {

struct ExtractorOptions {
    TargetOptions target;
    TracepointSet tracepoints = default_tracepoints();
    std::size_t ring_bytes = std::size_t{64} << 20U;
    ConvertOptions convert;
};

/// What /metrics shows; a few tenths of a second old.
struct ExtractorStatistics {
    std::array<std::uint64_t, TRACEPOINT_COUNT> events{};
    KernelCounters kernel;
    AttachStates states{};
    std::optional<std::size_t> processes; ///< that are traced, where that can be known
    std::map<std::string_view, std::uint64_t> undecodable;
    std::uint64_t undescribed = 0; ///< messages of peers whose address is not known
    TruncatedMessages truncated{};
    std::array<std::uint64_t, TRACEPOINT_COUNT> too_large{}; ///< events that no frame of the bus has room for
};

class Extractor {
public:
    Extractor(const ExtractorOptions& options, bus::Publisher& publisher);

    /// Runs until the context says stop. Calls context.ready() once it is attached, or waiting for the file.
    void run(app::Context& context);

    /// May be called from any thread.
    ExtractorStatistics statistics() const;

private:
    void on_record(const record_header& record, std::size_t size);
    void publish(const EventEncoder::Loss& loss, std::uint64_t ktime_ns);
    void publish_losses(std::uint64_t up_to, std::uint64_t ktime_ns);
    void housekeeping(app::Context& context);
    void refresh_statistics();
    void log_losses();

    ExtractorOptions options_;
    bus::Publisher& publisher_;
    EventEncoder encoder_;
    Tracer tracer_;
    Target target_;
    std::chrono::steady_clock::time_point next_housekeeping_;
    std::chrono::steady_clock::time_point next_status_;
    std::array<std::uint64_t, LOSS_CAUSE_COUNT> reported_at_notice_{};
    std::array<std::uint64_t, TRACEPOINT_COUNT> too_large_{};
    mutable std::mutex mutex_;
    ExtractorStatistics statistics_;
};

} // namespace peer_observer::extractor
