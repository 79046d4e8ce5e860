// sim_node: a program with bitcoind's tracepoints, and traffic to observe.
#include "libs/base/clock.h"
#include "tests/sim_node/attacks.h"
#include "tests/sim_node/modes.h"
#include "tests/sim_node/player.h"
#include "tests/sim_node/recording.h"
#include "tests/sim_node/session.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace po = boost::program_options;
using namespace peer_observer::sim_node;

namespace {

std::atomic<bool> stopping = false;
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler sets it");

constexpr const char* kExamples = R"(
Examples:
  sim_node --seed 7 --rate 200                      traffic until Ctrl-C
  sim_node --events 5000 --list | cut -f 1 | sort | uniq -c
  sim_node --flood ping --size 8 --count 1000000 --wait-for-attach 1 --summary
  sim_node --order --events 1000000 --summary
  sim_node --fault unreadable --events 10
  sim_node --attack tx_probe --wait-for-attach 20
)";

class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A whole number that is not negative (a uint64_t would take -1 for its largest value).
struct Count {
    std::uint64_t value = 0;
};

std::istream& operator>>(std::istream& in, Count& count)
{
    if ((in >> std::ws).peek() == '-') in.setstate(std::ios::failbit);
    return in >> count.value;
}

std::ostream& operator<<(std::ostream& out, const Count& count) { return out << count.value; }

po::typed_value<Count>* count(std::uint64_t by_default) { return po::value<Count>()->default_value({by_default}); }

po::typed_value<double>* number(double by_default)
{
    return po::value<double>()->default_value(by_default)->notifier([](double value) {
        if (!(value >= 0)) throw UsageError{"times and rates cannot be negative"};
    });
}

po::options_description options()
{
    po::options_description all("sim_node [options]: a program with bitcoind's tracepoints, and traffic to observe");
    auto add = all.add_options();
    add("help", "show this text");
    add("seed", count(1), "the same seed gives the same session");
    add("rate", number(0), "tracepoints a second; 0: as fast as possible");
    add("events", count(0), "end after so many; 0: no limit");
    add("duration", number(0), "end after so many seconds; 0: no limit");
    add("only", po::value<std::string>(),
        "these tracepoints only: context:name[,context:name...], or `attached`: those that somebody listens to when it "
        "begins");
    add("list", "write the calls to stdout, one per line, arguments between tabs, instead of firing them");
    add("summary", "at the end, write what was fired while somebody listened to stdout, as JSON");
    add("wait-for-attach", po::value<Count>(), "first wait until somebody listens to so many tracepoints");
    add("wait-timeout", number(30), "fail after waiting for so many seconds");
    add("flood", po::value<std::string>(), "instead of a session: inbound messages of this type");
    add("size", count(8), "bytes of payload in a flood; the first 8 are the message's number, little-endian");
    add("payload", po::value<std::string>(), "a file with the payload of a flood's messages, which stays as it is");
    add("count", count(0), "messages of each thread of a flood; 0: no limit");
    add("threads", count(1), "threads of a flood; each is a peer of its own");
    add("peer-step", count(1), "the ids of these peers are so far apart");
    add("host", po::value<std::string>()->default_value("127.0.0.1"),
        "of the addresses of these peers; their ports count from 8333");
    add("repeat", count(0), "play the session's first so many tracepoints over and over, made before it begins");
    add("order", "instead of a session: several tracepoints in turn, each with its number in an argument");
    add("fault", po::value<std::string>(),
        "instead of a session: messages, every second one of which a tracer cannot read: "
        "unreadable, not-resident, unreadable-text, too-big");
    add("attack", po::value<std::string>(), "instead of a session: an attack of this kind, among some ordinary peers");
    add("spread", po::bool_switch(), "with --attack: from many prefixes of one autonomous system, 11.0.0.0/8");
    add("strength", number(2), "of the attack; 1: the threshold of peer-observer-detector");
    add("speed", number(1), "of the attack; 10: in a tenth of the time");
    return all;
}

std::bitset<kProbeCount> parse_only(const std::string& list)
{
    std::bitset<kProbeCount> result;
    if (list == "attached") result = attached_probes();
    std::istringstream names(list == "attached" ? "" : list);
    for (std::string name; std::getline(names, name, ',');) {
        const auto probe = find_probe(name);
        if (!probe) throw UsageError{"no such tracepoint: " + name};
        result.set(static_cast<std::size_t>(*probe));
    }
    if (result.none()) throw UsageError{"--only " + list + " leaves no tracepoint"};
    return result;
}

Fault parse_fault(const std::string& name)
{
    static const std::map<std::string, Fault> kFaults{{"unreadable", Fault::unreadable},
                                                      {"not-resident", Fault::not_resident},
                                                      {"unreadable-text", Fault::unreadable_text},
                                                      {"too-big", Fault::too_big}};
    const auto found = kFaults.find(name);
    if (found == kFaults.end()) throw UsageError{"no such fault: " + name};
    return found->second;
}

/// False if asked to stop meanwhile.
bool wait_for_attach(std::size_t probes, double timeout_s)
{
    using namespace std::chrono_literals;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_s);
    while (attached_probes().count() < probes) {
        if (stopping) return false;
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error{fmt::format("after {} seconds, somebody listens to {} tracepoints instead of {}",
                                                 timeout_s, attached_probes().count(), probes)};
        }
        std::this_thread::sleep_for(5ms);
    }
    // The kernel raises the semaphore shortly before the breakpoint is in its place.
    std::this_thread::sleep_for(100ms);
    return true;
}

Bytes flood_payload(const po::variables_map& values)
{
    constexpr std::uint64_t kLargestPayload = 64'000'000;
    Bytes payload;
    if (values.contains("payload")) {
        const auto path = values["payload"].as<std::string>();
        std::ifstream file(path, std::ios::binary);
        payload.assign(std::istreambuf_iterator<char>(file), {});
        if (!file) throw UsageError{"cannot read " + path};
    } else {
        const auto size = values["size"].as<Count>().value;
        if (size > kLargestPayload) throw UsageError{"a flood's payloads have 64,000,000 bytes at most"};
        payload.resize(size);
        for (std::size_t i = 0; i < size; ++i)
            payload[i] = static_cast<std::uint8_t>(i);
    }
    return payload;
}

Attack find_attack(std::span<const Attack> attacks, const std::string& kind)
{
    const auto found = std::ranges::find(attacks, kind, &Attack::kind);
    if (found == attacks.end()) throw UsageError{"no such attack: " + kind};
    return *found;
}

/// By the day's clock, and `speed` times as fast as the attack would be: for those that take their time.
Summary play_attack(const Attack& attack, double strength, double speed, std::uint64_t seed, Player& player)
{
    const auto pass = [&](double seconds) {
        const std::chrono::duration<double> real{seconds / speed};
        const auto end = std::chrono::steady_clock::now() + real;
        while (!stopping && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(real, std::chrono::milliseconds{100}));
        return real.count();
    };
    Script script(seed, peer_observer::base::unix_s(), [&](const Call& call) { player.play(call); }, pass);
    play_company(script);
    attack.play(script, strength);
    return player.summary();
}

Summary play(const po::variables_map& values, const Recording& recording, PlayerSettings settings)
{
    constexpr std::uint64_t kMostThreads = 256;
    if (values.count("flood") + values.count("order") + values.count("fault") + values.count("attack") > 1) {
        throw UsageError{"--flood, --order, --fault and --attack exclude one another"};
    }
    if (values.contains("flood")) {
        const Flood flood{values["flood"].as<std::string>(),     flood_payload(values),
                          !values.contains("payload"),           values["threads"].as<Count>().value,
                          values["peer-step"].as<Count>().value, values["host"].as<std::string>()};
        if (flood.threads == 0 || flood.threads > kMostThreads) throw UsageError{"a flood has 1 to 256 threads"};
        settings.events = values["count"].as<Count>().value;
        return play_flood(flood, settings, stopping);
    }
    if (values.contains("order") && !values.contains("only")) settings.only = default_order_probes();
    Player player(settings, stopping);
    if (values.contains("attack")) {
        const double speed = values["speed"].as<double>();
        if (speed == 0) throw UsageError{"the speed must be above 0"};
        return play_attack(
            find_attack(values["spread"].as<bool>() ? spread_attacks() : attacks(), values["attack"].as<std::string>()),
            values["strength"].as<double>(), speed, values["seed"].as<Count>().value, player);
    }
    if (values.contains("order")) {
        play_order(player, settings.only);
    } else if (values.contains("fault")) {
        play_fault(player, parse_fault(values["fault"].as<std::string>()));
    } else if (!recording.calls().empty()) {
        while (!player.done())
            std::ranges::for_each(recording.calls(), [&](const Call& call) { player.play(call); });
    } else {
        Session session(values["seed"].as<Count>().value, [&](const Call& call) { player.play(call); });
        while (!player.done())
            session.play_scene();
    }
    return player.summary();
}

int load_segments(dl_phdr_info* program, std::size_t, void*)
{
    const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (const auto& segment : std::span(program->dlpi_phdr, program->dlpi_phnum)) {
        if (segment.p_type != PT_LOAD) continue;
        const std::uintptr_t start = program->dlpi_addr + segment.p_vaddr;
        const std::uintptr_t before = start % page_bytes;
        auto* const page = reinterpret_cast<void*>(start - before); // NOLINT(performance-no-int-to-ptr): so it comes
        if (madvise(page, segment.p_memsz + before, MADV_POPULATE_READ) != 0) return errno;
    }
    constexpr int kStop = -1; // the first object is the program itself
    return kStop;
}

/// A tracer cannot wait for a page that nobody has read yet. bitcoind passes texts that it has just written, we
/// constants.
void load_constants()
{
    const int error = dl_iterate_phdr(load_segments, nullptr);
    if (error > 0) throw std::system_error{error, std::generic_category(), "madvise"};
}

void run(const po::variables_map& values)
{
    load_constants();
    PlayerSettings settings;
    settings.rate = values["rate"].as<double>();
    settings.events = values["events"].as<Count>().value;
    settings.duration_s = values["duration"].as<double>();
    if (values.contains("list")) settings.list = stdout;
    if (values.contains("wait-for-attach") &&
        !wait_for_attach(values["wait-for-attach"].as<Count>().value, values["wait-timeout"].as<double>())) {
        return;
    }
    if (values.contains("only")) settings.only = parse_only(values["only"].as<std::string>());
    const Recording recording =
        record_session(values["seed"].as<Count>().value, values["repeat"].as<Count>().value, settings.only);
    const auto start = std::chrono::steady_clock::now();
    const Summary summary = play(values, recording, settings);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (values.contains("summary")) fmt::print("{}\n", summary.json(elapsed.count()));
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw std::runtime_error{"cannot write to stdout"};
}

} // namespace

int main(int argc, char** argv)
{
    // The exit status: 0 ended as asked, 1 failed, 2 wrong usage.
    try {
        po::variables_map values;
        po::store(po::command_line_parser(argc, argv).options(options()).positional({}).run(), values);
        po::notify(values);
        if (values.contains("help")) {
            std::cout << options() << kExamples;
            return 0;
        }
        for (const int signal : {SIGTERM, SIGINT}) {
            struct sigaction action{};
            action.sa_handler = [](int) { stopping = true; };
            sigaction(signal, &action, nullptr);
        }
        run(values);
    } catch (const po::error& error) {
        fmt::print(stderr, "sim_node: {}\n", error.what());
        return 2;
    } catch (const UsageError& error) {
        fmt::print(stderr, "sim_node: {}\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "sim_node: {}\n", error.what());
        return 1;
    }
    return 0;
}
