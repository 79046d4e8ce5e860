// What is known of one connection of a node.
#pragma once

#include "libs/web/state/history.h"
#include "libs/web/state/limits.h"
#include "proto/event.pb.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::web {

/// A process of a node.
struct Process {
    std::uint32_t pid = 0;
    std::uint64_t start_ms = 0; ///< 0 = not known
    auto operator<=>(const Process&) const = default;
};

/// `4711.86400123`.
std::string to_string(const Process& process);
std::optional<Process> parse_process(std::string_view text);

struct PeerKey {
    Process process;
    std::int64_t peer_id = 0;
    auto operator<=>(const PeerKey&) const = default;
};

enum class Direction : std::uint8_t { inbound, outbound };

class Peer {
public:
    struct Counts {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
        std::uint64_t minute = 0; ///< the minute of `this_minute`, since 1970
        std::uint64_t this_minute = 0;
        std::uint64_t last_minute = 0;

        void add(std::uint64_t time_ns, std::uint64_t size);
        /// Messages of the last full minute before `now_ns`.
        std::uint64_t per_minute(std::uint64_t now_ns) const;
    };
    struct Type {
        Counts in;
        Counts out;
    };

    explicit Peer(PeerKey peer_key) : key{peer_key} {}

    void opened(const proto::OpenedConnection& connection, std::uint64_t time_ns);
    void message(Direction direction, const proto::PeerMessage& message, std::uint64_t time_ns);
    /// The same connection as getpeerinfo tells it.
    void info(const proto::PeerInfo& info);
    void seen(std::uint64_t time_ns);
    /// Nothing is known of the endpoint from before: the first event says it.
    void endpoint(const std::string& peer_address, const std::string& type);

    bool is_inbound() const { return connection_type == "inbound"; }

    PeerKey key;
    std::string address;
    std::string connection_type;
    std::optional<std::string> network; ///< as in connection.proto
    std::optional<std::string> transport;
    std::optional<std::uint32_t> mapped_as; ///< as the node says
    std::optional<proto::Version> version;  ///< of the peer, without addresses
    std::optional<std::string> subversion;  ///< of getpeerinfo
    std::uint64_t opened_ns = 0;            ///< 0 = not known
    bool is_opening_known = false;
    std::uint64_t closed_ns = 0; ///< 0 = connected
    std::string ending;
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::string last_message_type;
    Direction last_direction = Direction::inbound;
    std::map<std::string, Type, std::less<>> types;
    Counts in;
    Counts out;
    std::optional<std::uint64_t> ping_ns;
    std::optional<std::uint64_t> min_ping_ns;
    std::optional<std::int64_t> fee_filter_sat_per_kvb;
    std::uint64_t first_blocks = 0;
    std::uint64_t first_transactions = 0;
    std::uint64_t undecodable = 0;
    std::vector<std::string> misbehaviours;
    History history{kPeerEvents, kPeerEventBytes};

private:
    void take_version(const proto::Version& said);
    void measure_ping(Direction direction, const proto::MessagePayload& payload, std::uint64_t time_ns);

    std::optional<std::pair<std::uint64_t, std::uint64_t>> ping_; ///< of the node: nonce and time, unanswered
};

} // namespace peer_observer::web
