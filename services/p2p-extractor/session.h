// The conversation on one connection with a node: the handshake, what Bitcoin Core expects of a peer, and what is
// measured. No I/O.
#pragma once

#include "libs/p2p/transport.h"
#include "proto/p2p_extractor.pb.h"
#include "services/p2p-extractor/figures.h"
#include "services/p2p-extractor/recent_blocks.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::p2p_extractor {

using Clock = std::chrono::steady_clock;

struct SessionOptions {
    p2p::Magic magic{};
    bool v2 = false;        ///< the v2 transport; where the node dials, what it dials with
    std::string user_agent; ///< at most 256 bytes
    std::chrono::nanoseconds ping_interval = std::chrono::seconds{10};
    /// As long as Bitcoin Core waits for a pong (TIMEOUT_INTERVAL in net.h): a node that is stopped for some minutes
    /// shows as a ping that waits.
    std::chrono::nanoseconds ping_timeout = std::chrono::minutes{20};
    std::chrono::nanoseconds handshake_timeout = std::chrono::seconds{60};
};

class Session {
public:
    using Emit = std::function<void(proto::P2pExtractor&&)>;
    using Random = std::function<std::uint64_t()>;

    struct End {
        proto::EndReason reason;
        std::string detail;
    };

    /// TCP was connected at `now`. `connect_duration`: what that took, where we have dialed. The options and the
    /// figures outlive the session.
    Session(const SessionOptions& options, proto::NodeConnection connection,
            std::optional<std::chrono::nanoseconds> connect_duration, Figures& figures, Emit emit, Random random,
            Clock::time_point now);

    /// Takes what has been read at `now`.
    void receive(std::string_view bytes, Clock::time_point now);
    /// Does what is due. Call it at deadline(), or at any other time.
    void tick(Clock::time_point now);
    Clock::time_point deadline() const;
    /// The connection is no more, for a reason that the session cannot know. The first end counts.
    void end(proto::EndReason reason, std::string detail, Clock::time_point now);

    /// Why the connection is to be closed. Nothing while it is open.
    const std::optional<End>& ended() const { return end_; }
    bool is_established() const { return established_.has_value(); }
    /// What is to be sent, which is then no longer in the session. A ping's time is that of the tick() that made it.
    std::string take_output() { return transport_->take_output(); }
    /// As getpeerinfo has it; empty in the v1 transport.
    std::string session_id() const { return transport_->session_id(); }
    /// How long the last ping has been waiting. Nothing if its pong has come.
    std::optional<std::chrono::nanoseconds> ping_waiting(Clock::time_point now) const;
    const proto::NodeConnection& connection() const { return connection_; }

private:
    struct Ping {
        std::uint64_t nonce;
        Clock::time_point sent;
    };

    bool handle(std::string_view type, std::string_view payload, Clock::time_point now);
    void handle_version(const proto::Version& version, Clock::time_point now);
    void establish(Clock::time_point now);
    void answer(std::string_view type, std::string_view payload, const proto::MessagePayload& decoded,
                Clock::time_point now);
    void handle_pong(const proto::Ping& pong, Clock::time_point now);
    void announced(const std::string& hash, proto::BlockAnnounced::By by);
    void announced_by_inv(const proto::Inventory& inventory);
    void announced_by_headers(const proto::Headers& headers);
    void send(std::string_view type, std::string_view payload = {});
    void send_version();
    void send_ping(Clock::time_point now);

    const SessionOptions& options_;
    proto::NodeConnection connection_;
    std::optional<std::chrono::nanoseconds> connect_duration_;
    Figures& figures_;
    Emit emit_;
    Random random_;
    std::unique_ptr<p2p::Transport> transport_;
    std::uint64_t version_nonce_;
    Clock::time_point connected_;
    std::optional<proto::Version> version_; ///< the node's
    std::optional<Clock::time_point> established_;
    std::optional<Ping> ping_; ///< that has no pong yet
    Clock::time_point next_ping_;
    RecentBlocks announced_;
    std::optional<End> end_;
};

} // namespace peer_observer::p2p_extractor
