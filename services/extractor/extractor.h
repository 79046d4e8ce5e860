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
#include <string>

namespace peer_observer::extractor {

struct ExtractorOptions {
    std::string path; ///< of the traced program
    TracepointSet tracepoints = default_tracepoints();
    std::size_t ring_bytes = std::size_t{64} << 20U;
    ConvertOptions convert;
    std::uint32_t pid = 0; ///< only this process; 0 = every process of the program
    std::string pid_file;  ///< only the process whose id is in this file, now and after it has changed
};

/// What /metrics shows; a few tenths of a second old.
struct ExtractorStatistics {
    std::array<std::uint64_t, TRACEPOINT_COUNT> events{};
    KernelCounters kernel;
    std::array<AttachState, TRACEPOINT_COUNT> states{};
    std::map<std::string_view, std::uint64_t> undecodable;
    std::uint64_t undescribed = 0; ///< messages of peers whose address is not known
};

class Extractor {
public:
    Extractor(const ExtractorOptions& options, bus::Publisher& publisher, Target::Log log);

    /// Runs until the context says stop. Calls context.ready() once it is attached, or waiting for the file.
    void run(app::Context& context);

    /// May be called from any thread.
    ExtractorStatistics statistics() const;

private:
    void on_record(const record_header& record, std::size_t size);
    void publish_losses(std::uint64_t up_to, std::uint64_t ktime_ns);
    void housekeeping(app::Context& context);
    void log_losses();
    void filter_by_pid_file();

    ExtractorOptions options_;
    bus::Publisher& publisher_;
    Target::Log log_;
    EventEncoder encoder_;
    Tracer tracer_;
    Target target_;
    std::chrono::steady_clock::time_point next_housekeeping_;
    std::chrono::steady_clock::time_point next_heartbeat_;
    std::uint64_t events_at_heartbeat_ = 0;
    std::array<std::uint64_t, LOSS_CAUSE_COUNT> reported_at_notice_{};
    std::uint32_t filtered_pid_ = 0;
    mutable std::mutex mutex_;
    ExtractorStatistics statistics_;
};

} // namespace peer_observer::extractor
