// Finds announced addresses in a node's events, and tells how each came to be announced.
#pragma once

#include "proto/event.pb.h"
#include "services/addr-connectivity/announcers.h"

#include <cstdint>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

namespace peer_observer::addr_connectivity {

using Kind = proto::Announcement::Kind;

class AnnouncementReader {
public:
    struct Callbacks {
        std::function<void(const Process&, const proto::Address&, const proto::Announcement&)> announced;
        /// The peer's connection has ended.
        std::function<void(const Process&, std::int64_t peer_id)> gone;
    };
    explicit AnnouncementReader(Callbacks callbacks) : callbacks_{std::move(callbacks)} {}

    void read(std::string_view node, std::uint64_t publisher_id, const proto::Event& event);

private:
    using Peer = std::pair<Process, std::int64_t>;

    void read_addresses(const Process& process, std::uint64_t timestamp_ns, const proto::PeerMessage& message,
                        const proto::Addresses& addresses);
    void ended(const Process& process, const proto::EndedConnection& connection);

    Callbacks callbacks_;
    std::set<Peer> asked_; ///< have got a getaddr, and not answered it
};

} // namespace peer_observer::addr_connectivity
