// outbound_concentration: several of the connections that the node has chosen itself lead to one network.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <array>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kConnections };
constexpr std::array kParameters = {
    Parameter{"connections", 3, "concurrent automatic outbound connections to one netgroup (/16, or /32 of IPv6)",
              "Core connects to each netgroup once (outbound_ipv46_peer_netgroups, net.cpp); with -asmap it groups by "
              "AS, and two in a /16 are possible"},
};

class OutboundConcentration : public Detector {
public:
    OutboundConcentration(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.opened +=
            [this](const Moment& at, const Peer& peer, const auto& opened) { add(at, peer, opened.connection_type()); };
        hooks.received += [this](const Moment& at, const Peer& peer, const auto& message) { // opened before we looked
            if (!peer.inbound && !known_.contains(peer.id)) add(at, peer, message.connection_type());
        };
        hooks.forgotten += [this](const Moment&, const Peer& peer) {
            known_.erase(peer.id);
            const auto group = groups_.find(peer.netgroup);
            if (group == groups_.end()) return;
            group->second.erase(peer.id);
            if (group->second.empty()) groups_.erase(group);
        };
    }

private:
    /// Not those for an operator, or for a moment.
    static bool is_chosen(std::string_view type) { return type == "outbound-full-relay" || type == "block-relay-only"; }

    void add(const Moment& at, const Peer& peer, std::string_view type)
    {
        if (peer.inbound) return;
        known_.insert(peer.id);
        if (!is_chosen(type) || !peer.has_own_host()) return;
        auto& group = groups_[peer.netgroup];
        group.insert(peer.id);
        alarms().judge(at, Subject::of_group(peer.netgroup, &peer),
                       {{"outbound connections", static_cast<double>(group.size()), threshold(kConnections)}});
    }

    std::unordered_set<std::int64_t> known_; ///< bounded by the peers that the node's watch remembers, as is all here
    std::unordered_map<std::string, std::set<std::int64_t>> groups_;
};

} // namespace

extern const Definition kOutboundConcentration = {
    .kind = "outbound_concentration",
    .text = "is the network of several of the node's outbound connections",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 80,
    .parameters = kParameters,
    .make = make_detector<OutboundConcentration>,
};

} // namespace peer_observer::detector
