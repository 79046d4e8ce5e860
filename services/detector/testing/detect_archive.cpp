// The detector on archives, without a bus: as fast as it can, and nothing is lost. For tests/corpora.
//
//     detect_archive [--spread] FILE... [-- OPTION...]    # options of the detector; files of one publisher, the oldest
//     first
//
// --spread: peers on 127.0.0.1 get addresses of their own (spread_peers.h).
//
// Prints the anomalies as lines of JSON, then {"events": ..., "whole": ..., "highest": {kind: share, ...}};
// `whole`: nothing is missing or damaged.
#include "libs/app/logging.h"
#include "libs/archive/reader.h"
#include "libs/asmap/options.h"
#include "libs/print/json.h"
#include "services/detector/engine.h"
#include "services/detector/settings.h"
#include "services/detector/testing/spread_peers.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;

detector::Settings settings_of(const std::vector<std::string>& words)
{
    auto options = detector::detector_options();
    asmap::add_options(options);
    po::variables_map values;
    po::store(po::command_line_parser{words}.options(options).run(), values);
    po::notify(values);
    auto settings = detector::read_settings(values);
    settings.systems = asmap::read(values);
    return settings;
}

void print_event(const std::string& bytes)
{
    proto::Event event;
    std::string json;
    if (event.ParseFromString(bytes)) print::append_json({.node = "detector"}, event, json);
    fmt::print("{}", json);
}

/// The peak of each kind, which an engine keeps of processes that are over, too.
std::string highest(const detector::Engine& engine)
{
    std::string result;
    const auto kinds = detector::all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        result += fmt::format("{}\"{}\": {}", kind == 0 ? "" : ", ", kinds[kind]->kind,
                              engine.counters().kinds[kind].highest.load());
    return result;
}

int detect(std::span<char*> arguments)
{
    const bool spreads = !arguments.empty() && std::string_view{arguments.front()} == "--spread";
    if (spreads) arguments = arguments.subspan(1);
    const auto separator =
        std::ranges::find(arguments, std::string_view{"--"}, [](const char* word) { return std::string_view{word}; });
    const std::span files{arguments.begin(), separator};
    const auto settings = settings_of({separator == arguments.end() ? separator : separator + 1, arguments.end()});
    detector::Engine engine{settings, print_event, [](const std::string& text) { fmt::print(stderr, "{}\n", text); }};
    bool is_whole = true;
    for (const char* file : files) {
        archive::Reader reader{file};
        while (const auto chunk = reader.next()) {
            is_whole =
                is_whole && chunk->kind != archive::Chunk::Kind::damage && chunk->kind != archive::Chunk::Kind::gap;
            for (events::Batch batch : chunk->batches) {
                const std::string changed = spreads ? detector::testing::spread_peers(batch.bytes) : "";
                if (spreads) batch.bytes = changed;
                engine.observe(bus::Batch{batch});
            }
        }
    }
    engine.idle();
    engine.count();
    fmt::print("{{\"events\": {}, \"whole\": {}, \"highest\": {{{}}}}}\n", engine.counters().events.load(), is_whole,
               highest(engine));
    return 0;
}

} // namespace

int main(int argc, char** argv)
try {
    peer_observer::app::set_up_logging("warning");
    return detect({argv + 1, static_cast<std::size_t>(argc - 1)});
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
}
