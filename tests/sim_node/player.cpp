#include "tests/sim_node/player.h"

#include "libs/base/hex.h"

#include <algorithm>
#include <string_view>
#include <thread>

namespace peer_observer::sim_node {
namespace {

std::string hex(const std::uint8_t* bytes, std::uint64_t size)
{
    return base::to_hex({reinterpret_cast<const char*>(bytes), size});
}

std::string argument_text(const Call& call, std::size_t i)
{
    const Value& value = call.arguments[i];
    switch (call.info().kinds[i]) {
    case Kind::i64:
        return std::to_string(value.i64);
    case Kind::u64:
        return std::to_string(value.u64);
    case Kind::i32:
        return std::to_string(value.i32);
    case Kind::u32:
        return std::to_string(value.u32);
    case Kind::flag:
        return value.flag ? "1" : "0";
    case Kind::text:
        return value.text;
    case Kind::hash:
        return hex(value.hash, std::tuple_size_v<Hash>);
    case Kind::payload:
        return hex(value.payload, call.arguments[i - 1].u64);
    case Kind::none:
        break;
    }
    return {};
}

} // namespace

std::string line(const Call& call)
{
    const ProbeInfo& info = call.info();
    std::string result{info.name};
    for (std::size_t i = 0; i < info.kinds.size() && info.kinds[i] != Kind::none; ++i) {
        result += '\t';
        result += argument_text(call, i);
    }
    return result;
}

Player::Player(const PlayerSettings& settings, const std::atomic<bool>& stopping)
    : settings_(settings), stopping_(stopping)
{}

bool Player::done() const
{
    return out_of_time_ || (settings_.events != 0 && summary_.calls >= settings_.events) ||
           stopping_.load(std::memory_order_relaxed);
}

void Player::wait_for_turn()
{
    // The clock need not be read for every call of a flood.
    constexpr std::uint64_t kCallsBetweenLooks = 256;
    if (settings_.duration_s > 0 && (settings_.rate > 0 || summary_.calls % kCallsBetweenLooks == 0)) {
        out_of_time_ = Clock::now() - start_ >= std::chrono::duration<double>(settings_.duration_s);
    }
    if (settings_.rate <= 0) return;
    const std::chrono::duration<double> due(static_cast<double>(summary_.calls) / settings_.rate);
    while (!done()) {
        const std::chrono::duration<double> elapsed = Clock::now() - start_;
        if (elapsed >= due) return;
        if (settings_.duration_s > 0 && elapsed.count() >= settings_.duration_s) {
            out_of_time_ = true;
            return;
        }
        // In slices, so that a signal or the end of the time is noticed.
        std::this_thread::sleep_for(std::min(due - elapsed, std::chrono::duration<double>(0.05)));
    }
}

void Player::fire_timed(const Call& call)
{
    const auto before = Clock::now();
    const bool fired = fire(call);
    const auto ns = static_cast<std::uint64_t>((Clock::now() - before).count());
    summary_.thread_ns += ns;
    summary_.slowest_ns = std::max(summary_.slowest_ns, ns);
    if (fired) summary_.count_fired(call);
}

void Player::play(const Call& call)
{
    if (!settings_.only.test(static_cast<std::size_t>(call.probe)) || done()) return;
    wait_for_turn();
    if (done()) return;
    ++summary_.calls;
    if (settings_.list != nullptr) {
        const std::string text = line(call) + '\n';
        if (std::fwrite(text.data(), 1, text.size(), settings_.list) != text.size()) out_of_time_ = true;
    } else if (settings_.time_each) {
        fire_timed(call);
    } else if (fire(call)) {
        summary_.count_fired(call);
    }
}

} // namespace peer_observer::sim_node
