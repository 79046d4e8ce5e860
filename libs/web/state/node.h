// What is known of one node: its peers, those that are gone, its tip, how much it hears and says.
#pragma once

#include "libs/web/state/inventory.h"
#include "libs/web/state/peer.h"
#include "libs/web/state/rates.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace peer_observer::web {

class Node {
public:
    /// `inventory` must outlive this object.
    Node(std::string name, Inventory& inventory);

    /// Called for each event of the node's data.
    void observe(const proto::Event& event, const KeptEventPtr& kept);
    /// Any sign of life, at this time.
    void heard(std::uint64_t now_ns) { heard_ns_ = std::max(heard_ns_, now_ns); }
    void missed(std::uint64_t events, bool of_unknown_number);
    /// Forgets who was gone for too long, and ends who must be gone. Called about each second.
    void tick(std::uint64_t now_ns, std::uint64_t gone_ns);

    const std::shared_ptr<const std::string>& name() const { return name_; }
    const std::map<PeerKey, Peer>& peers() const { return peers_; }
    const std::deque<Peer>& gone() const { return gone_; } ///< oldest first
    const Peer* find(const PeerKey& key) const;
    /// The latest process that has a peer of this number.
    const Peer* find(std::int64_t peer_id) const;

    std::optional<Process> process() const { return process_; }
    std::uint64_t first_event_ns() const { return first_event_ns_; }
    std::uint64_t last_event_ns() const { return last_event_ns_; }
    std::uint64_t heard_ns() const { return heard_ns_; }
    std::uint64_t events() const { return events_; }
    std::uint64_t events_lost() const { return events_lost_; }
    std::uint64_t missed_events() const { return missed_events_; }
    std::uint64_t unknown_losses() const { return unknown_losses_; }
    std::optional<std::int64_t> height() const { return height_; }
    const std::string& tip_hash() const { return tip_hash_; } ///< as bitcoin-cli shows it; empty = not known
    std::uint64_t tip_ns() const { return tip_ns_; }
    const std::string& subversion() const { return subversion_; }
    const Rates& rates() const { return rates_; }
    std::size_t history_bytes() const { return history_bytes_; }

private:
    void see_process(const proto::Event& event);
    void message(Direction direction, const proto::PeerMessage& message, const KeptEventPtr& kept);
    void connection(const proto::Connection& connection, const KeptEventPtr& kept);
    void rpc(const proto::Rpc& rpc, std::uint64_t time_ns);
    void peer_info(const proto::PeerInfoList& list, std::uint64_t time_ns);
    Peer& peer(std::int64_t peer_id, std::uint64_t time_ns);
    void remember(Peer& peer, const KeptEventPtr& kept);
    void end(std::map<PeerKey, Peer>::iterator peer, std::uint64_t time_ns, const char* ending);
    void forget_oldest_gone();

    std::shared_ptr<const std::string> name_;
    Inventory& inventory_;
    std::map<PeerKey, Peer> peers_;
    std::deque<Peer> gone_;
    std::set<Process> processes_;
    std::optional<Process> process_; ///< of the latest event that has one
    std::size_t history_bytes_ = 0;
    std::uint64_t first_event_ns_ = 0;
    std::uint64_t last_event_ns_ = 0;
    std::uint64_t heard_ns_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t events_lost_ = 0;
    std::uint64_t missed_events_ = 0;
    std::uint64_t unknown_losses_ = 0;
    std::optional<std::int64_t> height_;
    std::string tip_hash_;
    std::uint64_t tip_ns_ = 0;
    std::string subversion_;
    Rates rates_;
};

} // namespace peer_observer::web
