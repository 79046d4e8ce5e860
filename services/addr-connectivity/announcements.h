// Finds announced addresses in a node's events, and how each came to be announced.
#pragma once

#include "proto/event.pb.h"
#include "services/addr-connectivity/announcers.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::addr_connectivity {

using Kind = proto::Announcement::Kind;

class AnnouncementReader {
public:
    struct Announced {
        const proto::Address* address = nullptr; ///< of the event
        proto::Announcement announcement;
    };
    struct Found {
        Process process;
        std::vector<Announced> announced;
        std::optional<std::int64_t> gone_peer_id; ///< the peer whose connection has ended
    };

    /// What one event tells. Valid as long as the event.
    Found read(std::string_view node, std::uint64_t publisher_id, const proto::Event& event);

private:
    using Peer = std::pair<Process, std::int64_t>;

    void read_addresses(Found& found, std::uint64_t timestamp_ns, const proto::PeerMessage& message,
                        const proto::Addresses& addresses);
    void ended(Found& found, const proto::EndedConnection& connection);

    std::set<Peer> asked_; ///< have got a getaddr, and not answered it
};

} // namespace peer_observer::addr_connectivity
