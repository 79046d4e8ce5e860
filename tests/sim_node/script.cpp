#include "tests/sim_node/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace peer_observer::sim_node {

void Script::wait(double seconds)
{
    constexpr double kStep = 5;
    while (seconds > 0) {
        const double step = std::min(seconds, kStep);
        now_s_ += pass_(step);
        seconds -= step;
        const Hash txid = random.hash();
        emit(calls::mempool_added(txid, 141, 1'000));
    }
}

std::string Script::distinct_host()
{
    const unsigned host = hosts_++ % 4096;
    return fmt::format("{}.{}.{}.1", 240 + host / 256, host % 256, random.below(256U));
}

Connection::Connection(Script& script, std::string host, const char* type, Network network)
    : script_{&script}, id_{script.next_peer_id()}, type_{type}, network_{network}, established_s_{script.now_s()}
{
    const bool brackets = host.contains(':');
    const auto port = inbound() ? script.random.between<unsigned>(32'768, 60'999) : 8333U;
    address_ = brackets ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
    std::uint64_t& count = inbound() ? script_->inbound : script_->outbound;
    ++count;
    const auto network_number = static_cast<std::uint32_t>(network_);
    script_->emit(inbound() ? calls::net_inbound_connection(id_, address_.c_str(), type_, network_number, count)
                            : calls::net_outbound_connection(id_, address_.c_str(), type_, network_number, count));
}

Connection& Connection::shake_hands(const Greeting& greeting)
{
    const payloads::Version theirs{.services = greeting.services,
                                   .time = script_->now_s() + greeting.clock_offset_s,
                                   .nonce = script_->random.u64(),
                                   .user_agent = greeting.user_agent,
                                   .relay = greeting.relay};
    const payloads::Version ours{.services = 0xc09, .time = script_->now_s(), .user_agent = script_->user_agent};
    if (!inbound()) send("version", payloads::version(ours));
    receive("version", payloads::version(theirs));
    if (inbound()) send("version", payloads::version(ours));
    send("wtxidrelay", {}).send("sendaddrv2", {}).send("verack", {});
    if (greeting.is_modern) receive("wtxidrelay", {}).receive("sendaddrv2", {});
    receive("verack", {});
    const Bytes nonce = payloads::nonce(script_->random.u64());
    return receive("ping", nonce).send("pong", nonce);
}

Connection& Connection::receive(const char* type, const Bytes& payload, const std::function<void()>& effect,
                                std::int64_t duration_ns)
{
    const std::uint8_t* data = payload.empty() ? nullptr : payload.data();
    script_->emit(calls::net_inbound_message(id_, address_.c_str(), type_, type, payload.size(), data));
    if (effect) effect();
    script_->emit(calls::net_processed_message(id_, address_.c_str(), type_, type, payload.size(), duration_ns));
    return *this;
}

Connection& Connection::send(const char* type, const Bytes& payload)
{
    const std::uint8_t* data = payload.empty() ? nullptr : payload.data();
    script_->emit(calls::net_outbound_message(id_, address_.c_str(), type_, type, payload.size(), data));
    return *this;
}

Connection& Connection::misbehave(const char* reason)
{
    script_->emit(calls::net_misbehaving_connection(id_, reason));
    return *this;
}

void Connection::evict()
{
    const auto network = static_cast<std::uint32_t>(network_);
    script_->emit(calls::net_evicted_inbound_connection(id_, address_.c_str(), type_, network, established_s_));
    close();
}

void Connection::close()
{
    --(inbound() ? script_->inbound : script_->outbound);
    const auto network = static_cast<std::uint32_t>(network_);
    script_->emit(calls::net_closed_connection(id_, address_.c_str(), type_, network, established_s_));
}

} // namespace peer_observer::sim_node
