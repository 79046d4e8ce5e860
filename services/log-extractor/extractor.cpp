#include "services/log-extractor/extractor.h"

#include "libs/base/clock.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace peer_observer::log_extractor {
namespace {

using namespace std::chrono_literals;

// Core writes a message of several lines at once, but we may come in the middle of it.
constexpr auto kMessageWait = 50ms;
constexpr auto kLongestWait = 200ms;
constexpr auto kSaveInterval = 200ms;
// Tools reconnect after a second at most.
constexpr auto kFirstSubscriberWait = 5s;
constexpr auto kOtherSubscribersWait = 1s;

} // namespace

Extractor::Extractor(const ExtractorOptions& options, bus::Publisher& publisher, Metrics& metrics)
    : publisher_{publisher}, metrics_{metrics}, position_file_{options.state_file},
      follower_{options.log, options.start, position_file_.saved()}, events_{options.thread_names},
      assembler_{[this](const Message& message) { publish(message); }}
{
    if (const auto& saved = position_file_.saved()) events_.prefixes().assume(saved->thread_names);
    Assembler before{[this](const Message& message) { events_.learn(message); }};
    before.feed(follower_.before_start(), 0);
    before.finish();
}

void Extractor::run(app::Context& context)
{
    context.ready();
    start_reading_ = Clock::now() + kFirstSubscriberWait;
    while (!context.stopping() && !follower_.has_ended()) {
        if (is_early()) {
            follower_.wait(kMessageWait, context.stop_fd());
        } else if (!read()) {
            if (assembler_.has_message()) {
                follower_.wait(kMessageWait, context.stop_fd());
                if (!read()) assembler_.flush();
            } else {
                follower_.wait(kLongestWait, context.stop_fd());
            }
        }
        publisher_.flush();
        if (Clock::now() >= next_save_) save();
        context.alive(fmt::format("{} events, {} bytes read{}", publisher_.next_sequence(), metrics_.bytes.load(),
                                  follower_.is_open() ? "" : "; the log is not there"));
    }
    if (follower_.has_ended())
        assembler_.finish();
    else
        assembler_.flush();
    publisher_.flush();
    save();
}

bool Extractor::is_early()
{
    const auto now = Clock::now();
    if (!has_subscriber_ && now < start_reading_ && publisher_.statistics().subscribers > 0) {
        has_subscriber_ = true;
        start_reading_ = now + kOtherSubscribersWait;
    }
    return now < start_reading_;
}

bool Extractor::read()
{
    const auto chunk = follower_.read();
    metrics_.is_open = follower_.is_open();
    metrics_.rotations = follower_.rotations();
    metrics_.truncations = follower_.truncations();
    if (chunk.is_new_text) assembler_.finish();
    if (chunk.bytes.empty()) return false;
    read_ns_ = base::unix_ns();
    metrics_.bytes += chunk.bytes.size();
    assembler_.feed(chunk.bytes, chunk.offset);
    return true;
}

void Extractor::publish(const Message& message)
{
    const auto& event = events_.make(message, read_ns_);
    // It fits: a message is cut at a size below that of the largest event.
    (void)publisher_.add([&](std::string& out) { event.AppendToString(&out); }, message.raw.size() + 100);
    ++metrics_.events.at(static_cast<std::size_t>(event.log().event_case()));
    if (message.full_bytes > message.raw.size()) ++metrics_.truncated_messages;
}

void Extractor::save()
{
    next_save_ = Clock::now() + kSaveInterval;
    auto position = follower_.position(assembler_.emitted_to(follower_.offset()));
    if (!position) return;
    position->thread_names = events_.prefixes().thread_names();
    position_file_.save(*position);
}

} // namespace peer_observer::log_extractor
