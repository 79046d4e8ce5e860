// peer-observer-extractor: traces a Bitcoin Core node through its tracepoints and publishes what it does.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/memory.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/bus/publisher.h"
#include "services/extractor/extractor.h"
#include "services/extractor/metrics.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sstream>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using app::Count;

constexpr std::uint64_t kMebibyte = 1U << 20U;
constexpr std::uint64_t kMostRingMebibytes = 2048; // the kernel's limit for a ring buffer is just under 4 GiB

po::options_description options()
{
    po::options_description own{"Tracing"};
    auto add = own.add_options();
    add("bitcoind", po::value<std::string>()->default_value("bitcoind"),
        "the program to trace: a path, or a name to look for on PATH; not needed with --pid or --pid-file");
    add("enable", po::value<std::vector<std::string>>()->default_value({}, ""),
        "a group of tracepoints (see --list-tracepoints) or one (utxocache:add) that is off by default; repeatable");
    add("disable", po::value<std::vector<std::string>>()->default_value({}, ""),
        "a group or a tracepoint to disable; repeatable");
    add("list-tracepoints", po::bool_switch(), "print all tracepoints and whether they are on by default, and exit");
    add("pid", po::value<Count>()->default_value(Count{0}, ""),
        "trace only this process, whatever program it runs (default: every process of the program)");
    add("pid-file", po::value<std::string>()->default_value(""),
        "trace only the process whose id is in this file, whatever program it runs; read ten times a second");
    add("ring-size", po::value<Count>()->default_value(Count{64}),
        "size of the kernel's ring buffer in MiB; a power of two, 1 to 2048");
    add("tx-detail", po::value<std::string>()->default_value("full"),
        "how much of a transaction to keep: ids (txid, wtxid, sizes), full (also inputs and outputs), raw (also all "
        "bytes)");
    add("raw-payloads", po::value<std::string>()->default_value("undecoded"),
        "which messages to keep as raw bytes: none, undecoded (those that cannot be decoded to their end), all");
    add("max-raw-size", po::value<Count>()->default_value(Count{MAX_MESSAGE_PAYLOAD_BYTES}),
        "maximum number of bytes of a raw payload to keep");
    own.add(app::publisher_options());
    return own;
}

template <typename Enum>
Enum choice(const po::variables_map& values, const std::string& option,
            const std::vector<std::pair<std::string_view, Enum>>& known)
{
    const auto& given = values[option].as<std::string>();
    std::string names;
    for (const auto& [name, value] : known) {
        if (given == name) return value;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    }
    throw app::UsageError{fmt::format("--{}: '{}' is not one of {}", option, given, names)};
}

std::string find_program(const std::string& name)
{
    if (name.find('/') != std::string::npos) return std::filesystem::absolute(name);
    const char* const path = std::getenv("PATH");
    std::istringstream folders{path == nullptr ? "" : path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto file = std::filesystem::path{folder} / name;
        std::error_code error;
        if (std::filesystem::is_regular_file(file, error)) return std::filesystem::absolute(file);
    }
    throw app::UsageError{fmt::format("--bitcoind: there is no '{}' on PATH; give the path of the program", name)};
}

extractor::ExtractorOptions read_options(const po::variables_map& values)
{
    using extractor::RawPayloads;
    using wire::TxDetail;
    extractor::ExtractorOptions options;
    options.tracepoints = extractor::select_tracepoints(values["enable"].as<std::vector<std::string>>(),
                                                        values["disable"].as<std::vector<std::string>>());
    if (options.tracepoints.none()) throw app::UsageError{"--disable leaves no tracepoint"};

    const auto ring = values["ring-size"].as<Count>().value;
    if (!std::has_single_bit(ring) || ring > kMostRingMebibytes)
        throw app::UsageError{
            fmt::format("--ring-size: {} is not a power of two from 1 to {}", ring, kMostRingMebibytes)};
    options.ring_bytes = ring * kMebibyte;

    const auto pid = values["pid"].as<Count>().value;
    if (pid > std::numeric_limits<std::int32_t>::max())
        throw app::UsageError{fmt::format("--pid: {} is no process id", pid)};
    auto& target = options.target;
    target.pid = static_cast<std::uint32_t>(pid);
    target.pid_file = values["pid-file"].as<std::string>();
    if (pid != 0 && !target.pid_file.empty()) throw app::UsageError{"--pid and --pid-file exclude each other"};
    const bool is_one_process = pid != 0 || !target.pid_file.empty();
    if (!is_one_process || !values["bitcoind"].defaulted())
        target.path = find_program(values["bitcoind"].as<std::string>());

    options.convert.decode.tx_detail = choice<TxDetail>(
        values, "tx-detail", {{"ids", TxDetail::ids}, {"full", TxDetail::full}, {"raw", TxDetail::raw}});
    options.convert.raw_payloads = choice<RawPayloads>(
        values, "raw-payloads",
        {{"none", RawPayloads::none}, {"undecoded", RawPayloads::undecoded}, {"all", RawPayloads::all}});
    options.convert.max_raw_bytes = values["max-raw-size"].as<Count>().value;
    return options;
}

void extract(const po::variables_map& values, app::Context& context)
{
    if (values["list-tracepoints"].as<bool>()) return fmt::print("{}", extractor::markdown_table());

    const auto options = read_options(values);
    bus::Publisher publisher{app::read_publisher_options(values)};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    extractor::Extractor extractor{options, publisher};
    const auto telemetry = app::serve_metrics(values, "extractor");
    if (telemetry) {
        app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
        extractor::add_extractor_metrics(*telemetry, [&] { return extractor.statistics(); });
    }
    extractor.run(context);
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{
        "extractor", "Traces a Bitcoin Core node through its tracepoints and publishes every event.",
        "peer-observer-extractor --bitcoind /usr/local/bin/bitcoind --node alpha --listen tcp://127.0.0.1:9331",
        options()};
    app::keep_freed_memory(16 << 20);
    return app::run(argc, argv, service, extract);
}
