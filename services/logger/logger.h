// Prints what a subscriber receives.
#pragma once

#include "libs/app/app.h"
#include "libs/bus/subscriber.h"
#include "libs/print/batch_printer.h"
#include "services/logger/output.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace peer_observer::logger {

using print::BatchPrinter;

/// When to end of its own accord.
struct Limits {
    std::uint64_t events = print::kUnlimited;
    std::optional<std::chrono::nanoseconds> duration;
};

class Logger {
public:
    /// Prints to the file descriptor `output`. `on_turn` is called at least every 100 ms.
    Logger(
        bus::Subscriber& subscriber, BatchPrinter printer, int output, app::Context& context,
        std::function<void()> on_turn = [] {});

    /// Prints until the service is to stop, a limit is reached, or nobody reads any more. Everything printed is flushed
    /// whenever no batch is waiting, and at the end. Throws std::system_error when writing fails.
    void run(const Limits& limits);

    /// May be called from any thread.
    std::uint64_t printed_events() const { return printed_; }

private:
    bool keep_waiting(std::chrono::steady_clock::duration waited);
    std::string status() const;

    bus::Subscriber& subscriber_;
    BatchPrinter printer_;
    app::Context& context_;
    std::function<void()> on_turn_;
    Output output_;
    std::atomic<std::uint64_t> printed_ = 0;
};

} // namespace peer_observer::logger
