#include "services/addr-connectivity/announcements.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <algorithm>
#include <vector>

namespace peer_observer::addr_connectivity {
namespace {

/// More peers than a node has.
constexpr std::size_t kMaxAsked = 10'000;
/// Core passes addresses of messages on that have no more.
constexpr int kMostRelayed = 10;
/// Core's MAX_ADDR_TO_SEND. An answer that is as long may continue in another message.
constexpr int kMostInMessage = 1000;

bool is_host(const proto::Address& address, std::string_view peer_host, const std::optional<base::IpBytes>& peer_ip)
{
    if (address.address().empty()) return false;
    return peer_ip ? base::parse_ip(address.address()) == peer_ip : address.address() == peer_host;
}

} // namespace

AnnouncementReader::Found AnnouncementReader::read(std::string_view node, std::uint64_t publisher_id,
                                                   const proto::Event& event)
{
    using proto::Connection;
    Found found;
    if (!event.has_connection() && !event.has_message()) return found;
    found.process = {.node = std::string{node},
                     .publisher_id = publisher_id,
                     .pid = event.pid(),
                     .start_ms = event.process_start_ms()};
    if (event.has_connection()) {
        const auto& connection = event.connection();
        if (connection.event_case() == Connection::kClosed) ended(found, connection.closed());
        if (connection.event_case() == Connection::kEvicted) ended(found, connection.evicted());
        return found;
    }
    const auto& message = event.message();
    if (message.has_outbound() && message.outbound().message_type() == "getaddr") {
        if (asked_.size() >= kMaxAsked) asked_.erase(asked_.begin());
        asked_.emplace(found.process, message.outbound().peer_id());
    } else if (message.has_inbound()) {
        const auto& payload = message.inbound().payload();
        if (payload.has_addr()) read_addresses(found, event.timestamp_ns(), message.inbound(), payload.addr());
        if (payload.has_addrv2()) read_addresses(found, event.timestamp_ns(), message.inbound(), payload.addrv2());
    }
    return found;
}

void AnnouncementReader::read_addresses(Found& found, std::uint64_t timestamp_ns, const proto::PeerMessage& message,
                                        const proto::Addresses& addresses)
{
    const Peer peer{found.process, message.peer_id()};
    const auto host = base::host_of(message.address());
    const auto ip = base::parse_ip(host);
    std::vector<bool> own;
    for (const auto& address : addresses.addresses())
        own.push_back(is_host(address, host, ip));
    const bool is_own_only = std::ranges::all_of(own, [](bool is_own) { return is_own; });

    const bool answers = !is_own_only && asked_.contains(peer);
    if (answers && addresses.addresses_size() < kMostInMessage) asked_.erase(peer);

    proto::Announcement announcement;
    announcement.set_timestamp_ns(timestamp_ns);
    announcement.set_node(found.process.node);
    announcement.set_peer_id(message.peer_id());
    announcement.set_peer_address(message.address());
    announcement.set_connection_type(message.connection_type());
    const auto kind_of_others = answers                                      ? proto::Announcement::GETADDR_ANSWER
                                : addresses.addresses_size() <= kMostRelayed ? proto::Announcement::RELAY
                                                                             : proto::Announcement::UNSOLICITED;
    for (int i = 0; i < addresses.addresses_size(); ++i) {
        announcement.set_kind(own[static_cast<std::size_t>(i)] ? proto::Announcement::SELF : kind_of_others);
        found.announced.push_back({&addresses.addresses(i), announcement});
    }
}

void AnnouncementReader::ended(Found& found, const proto::EndedConnection& connection)
{
    asked_.erase({found.process, connection.peer_id()});
    found.gone_peer_id = connection.peer_id();
}

} // namespace peer_observer::addr_connectivity
