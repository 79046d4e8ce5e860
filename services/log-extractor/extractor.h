// The loop: reads the log, turns its messages into events and publishes them.
#pragma once

#include "libs/app/app.h"
#include "libs/bus/publisher.h"
#include "services/log-extractor/assembler.h"
#include "services/log-extractor/event_maker.h"
#include "services/log-extractor/follower.h"
#include "services/log-extractor/metrics.h"
#include "services/log-extractor/position.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace peer_observer::log_extractor {

struct ExtractorOptions {
    std::string log;
    std::string state_file; ///< empty = none
    Start start = Start::end;
    PrefixParser::ThreadNames thread_names = PrefixParser::ThreadNames::unknown;
};

class Extractor {
public:
    /// Throws std::runtime_error where the log or the state file are something that they cannot be.
    Extractor(const ExtractorOptions& options, bus::Publisher& publisher, Metrics& metrics);

    /// Runs until the context says stop, or standard input ends.
    void run(app::Context& context);

private:
    using Clock = std::chrono::steady_clock;

    /// Tools have to reconnect to a new publisher, and miss what it publishes before that.
    bool is_early();
    /// Whether there was something.
    bool read();
    void publish(const Message& message);
    void save();

    bus::Publisher& publisher_;
    Metrics& metrics_;
    PositionFile position_file_;
    Follower follower_;
    EventMaker events_;
    Assembler assembler_;
    std::uint64_t read_ns_ = 0; ///< when the bytes at hand were read
    Clock::time_point next_save_;
    Clock::time_point start_reading_;
    bool has_subscriber_ = false;
};

} // namespace peer_observer::log_extractor
