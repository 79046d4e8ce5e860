// Any thresholds and any events. The input: lines of a config file, a zero byte, then events, each behind its length in
// two bytes. No crash, no undefined behaviour, and what is published is an event.
#include "libs/app/app.h"
#include "libs/app/logging.h"
#include "libs/app/options.h"
#include "libs/bus/frame.h"
#include "services/detector/engine.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace peer_observer;

/// What the config file says; the defaults where it is wrong.
void read_settings(std::string_view text, detector::Settings& settings)
{
    static const int file = memfd_create("config", 0);
    const auto size = static_cast<ssize_t>(text.size());
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, text.data(), text.size(), 0) != size) std::abort();
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    const char* const words[] = {"peer-observer-detector", "--config", path.c_str()};
    app::Service service{"detector", "", "", detector::detector_options()};
    try {
        settings.assign(detector::read_settings(app::parse_options(3, words, service).values));
    } catch (const app::UsageError&) { // NOLINT(bugprone-empty-catch): the defaults stay
    }
}

/// A batch for each ten events, of two nodes in turn; now and then one is missing.
void observe(detector::Engine& engine, std::string_view events)
{
    std::uint64_t sequence = 0;
    for (std::uint64_t turn = 0; events.size() >= 2; ++turn) {
        std::string frame;
        bus::begin_frame(frame, turn % 2 == 0 ? "a" : "b", turn % 2, sequence);
        std::uint64_t count = 0;
        for (; count < 10 && events.size() >= 2; ++count) {
            const std::size_t wanted =
                static_cast<std::uint8_t>(events[0]) * 256U + static_cast<std::uint8_t>(events[1]);
            const auto event = events.substr(2, wanted);
            events.remove_prefix(2 + event.size());
            events::append_event(frame, event);
        }
        const auto parsed = bus::parse_frame(frame);
        if (!parsed || parsed->event_count != count) std::abort();
        engine.observe(bus::Batch{*parsed});
        sequence += count + (turn % 5 == 4 ? 1 : 0);
    }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***)
{
    peer_observer::app::silence_protobuf();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const auto end = std::min(input.find('\0'), input.size());
    detector::Settings settings;
    if (end > 0) read_settings(input.substr(0, end), settings); // it takes most of the time

    std::size_t published = 0;
    detector::Engine engine{settings, [&](const std::string& event) {
                                proto::Event parsed;
                                if (!parsed.ParseFromString(event) || !parsed.has_anomaly()) std::abort();
                                ++published;
                            }};
    observe(engine, input.substr(std::min(end + 1, input.size())));
    engine.idle();
    engine.count();
    if (published > 100 * (size + 100)) std::abort();
    return 0;
}
