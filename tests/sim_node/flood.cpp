#include "tests/sim_node/modes.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace peer_observer::sim_node {
namespace {

std::uint64_t thread_cpu_ns()
{
    timespec time{};
    static_cast<void>(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time));
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

Summary flood_from_one_peer(const Flood& flood, const PlayerSettings& settings, const std::atomic<bool>& stopping,
                            std::size_t thread)
{
    constexpr std::size_t kPort = 8333;
    Bytes payload = flood.payload;
    const std::string address = flood.host + ':' + std::to_string(kPort + thread);
    const Call call = calls::net_inbound_message(static_cast<std::int64_t>(thread * flood.peer_step), address.c_str(),
                                                 "inbound", flood.message_type.c_str(), payload.size(),
                                                 payload.empty() ? nullptr : payload.data());
    Player player(settings, stopping);
    const std::uint64_t before = thread_cpu_ns();
    for (std::uint64_t number = 0; !player.done(); ++number) {
        if (flood.numbered) std::memcpy(payload.data(), &number, std::min(payload.size(), sizeof(number)));
        player.play(call);
    }
    Summary summary = player.summary();
    summary.thread_ns = thread_cpu_ns() - before;
    return summary;
}

} // namespace

Summary play_flood(const Flood& flood, PlayerSettings settings, const std::atomic<bool>& stopping)
{
    settings.time_each = false;
    settings.rate /= static_cast<double>(flood.threads);
    std::vector<Summary> summaries(flood.threads);
    {
        std::vector<std::jthread> threads;
        threads.reserve(flood.threads);
        for (std::size_t i = 0; i < flood.threads; ++i) {
            threads.emplace_back([&, i] { summaries[i] = flood_from_one_peer(flood, settings, stopping, i); });
        }
    }
    Summary total;
    for (const Summary& summary : summaries)
        total.add(summary);
    return total;
}

} // namespace peer_observer::sim_node
