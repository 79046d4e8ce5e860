// What tests and the fuzz target of this service share: a session, a clock, and what came of it.
#pragma once

#include "services/p2p-extractor/session.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::p2p_extractor::testing {

using namespace std::chrono_literals;

inline const p2p::Magic kMagic = p2p::kChains[4].magic;
inline constexpr std::uint64_t kFirstNonce = 1; ///< of our version message; each further one is one more

inline SessionOptions session_options()
{
    return {.magic = kMagic,
            .user_agent = "/probe:1/",
            .ping_interval = 10s,
            .ping_timeout = 100s,
            .handshake_timeout = 60s};
}

inline proto::NodeConnection described(proto::NodeConnection::Direction direction)
{
    proto::NodeConnection connection;
    connection.set_id(7);
    connection.set_direction(direction);
    connection.set_node_address("127.0.0.1:18444");
    connection.set_own_address("127.0.0.1:50000");
    return connection;
}

inline std::string of_number(std::uint64_t number)
{
    std::string bytes;
    p2p::append(bytes, number);
    return bytes;
}

/// A version message of the node.
inline std::string node_version(std::uint64_t nonce = 999)
{
    return p2p::version_message(
        {.magic = kMagic, .user_agent = "/node:1/", .time_s = 1'700'000'000, .nonce = nonce, .relay = true});
}

class Talk {
public:
    using Message = std::pair<std::string, std::string>;

    explicit Talk(proto::NodeConnection::Direction direction = proto::NodeConnection::TO_NODE,
                  SessionOptions chosen = session_options())
        : options{std::move(chosen)},
          session{options,
                  described(direction),
                  direction == proto::NodeConnection::TO_NODE ? std::optional<std::chrono::nanoseconds>{3ms}
                                                              : std::nullopt,
                  figures,
                  [this](proto::P2pExtractor&& event) { events.push_back(event); },
                  [this] { return next_nonce++; },
                  now}
    {}

    /// What it has sent since the last call.
    std::vector<Message> sent()
    {
        std::vector<Message> messages;
        p2p::FrameReader reader{kMagic};
        reader.read(session.take_output(), [&](std::string_view type, std::string_view payload) {
            messages.emplace_back(type, payload);
            return true;
        });
        return messages;
    }

    std::vector<std::string> sent_types()
    {
        std::vector<std::string> types;
        for (const auto& [type, payload] : sent())
            types.push_back(type);
        return types;
    }

    void receive(std::string_view type, std::string_view payload = {})
    {
        session.receive(p2p::message(kMagic, type, payload), now);
    }

    void pass(std::chrono::nanoseconds time)
    {
        now += time;
        session.tick(now);
    }

    void shake_hands()
    {
        session.receive(node_version(), now);
        receive("verack");
    }

    /// The nonce of the last ping. Takes what was sent.
    std::string last_ping()
    {
        std::string nonce;
        for (const auto& [type, payload] : sent())
            if (type == "ping") nonce = payload;
        return nonce;
    }

    Clock::time_point now{1h};
    SessionOptions options;
    Figures figures;
    std::vector<proto::P2pExtractor> events;
    std::uint64_t next_nonce = kFirstNonce;
    Session session;
};

} // namespace peer_observer::p2p_extractor::testing
