// sybil: one site or larger network, or one autonomous system, holds many of the node's inbound connections at a
// time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kConnections, kNetgroupConnections, kAsConnections };
constexpr std::array kParameters = {
    Parameter{"connections", 12, "inbound connections of one site at a time",
              "a tenth of the 114 inbound slots that Core has by default, and one more"},
    Parameter{"netgroup_connections", 30, "inbound connections of one /16 or, of IPv6, /32 at a time",
              "chosen: a quarter of those slots; large hosting companies have many honest nodes in a /32"},
    Parameter{"as_connections", 38, "inbound connections of one autonomous system at a time, of nodes with -asmap",
              "chosen: a third of those slots"},
};

class Sybil : public Detector {
public:
    Sybil(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto&) { add(at, peer); };
        // Those that were there before are seen with their first message.
        hooks.inbound(proto::MessagePayload::kPing) +=
            [this](const Moment& at, const Peer& peer, const auto&) { add(at, peer); };
        hooks.inbound(proto::MessagePayload::kPong) +=
            [this](const Moment& at, const Peer& peer, const auto&) { add(at, peer); };
        hooks.inbound(proto::MessagePayload::kVersion) +=
            [this](const Moment& at, const Peer& peer, const auto&) { add(at, peer); };
        hooks.forgotten += [this](const Moment&, const Peer& peer) { remove(peer); };
        hooks.peer_list += [this](const Moment& at, const proto::PeerInfoList& list) { look(at, list); };
    }

private:
    void add(const Moment& at, const Peer& peer)
    {
        if (!peer.inbound || !peer.has_own_host()) return;
        add(at, peer, peer.site, threshold(kConnections));
        if (peer.netgroup != peer.site) add(at, peer, peer.netgroup, threshold(kNetgroupConnections));
    }

    void add(const Moment& at, const Peer& peer, const std::string& name, double most)
    {
        auto& group = groups_[name];
        auto [member, is_new] = group.try_emplace(peer.id, peer.user_agent);
        if (!is_new && member->second == peer.user_agent) return;
        member->second = peer.user_agent;
        alarms().judge(at, Subject::of_group(name, &peer),
                       {{"connections", static_cast<double>(group.size()), most},
                        {"with the same user agent", same(group, peer.user_agent)}});
    }

    void remove(const Peer& peer)
    {
        for (const std::string& name : {peer.site, peer.netgroup}) {
            const auto group = groups_.find(name);
            if (group == groups_.end()) continue;
            group->second.erase(peer.id);
            if (group->second.empty()) groups_.erase(group);
        }
    }

    /// Only an answer to getpeerinfo says of what autonomous system a peer is; it lists all peers.
    void look(const Moment& at, const proto::PeerInfoList& list)
    {
        std::map<std::uint32_t, std::vector<Peer>> systems;
        for (const auto& info : list.peers()) {
            if (!info.inbound() || info.mapped_as() == 0) continue;
            Peer& peer = systems[info.mapped_as()].emplace_back(make_peer(info.id(), info.addr(), true));
            peer.user_agent = info.subver();
        }
        for (const auto& [number, peers] : systems)
            for (const auto& peer : peers)
                alarms().judge(at, Subject::of_group(fmt::format("AS{}", number), &peer),
                               {{"connections", static_cast<double>(peers.size()), threshold(kAsConnections)},
                                {"with the same user agent",
                                 static_cast<double>(std::ranges::count(peers, peer.user_agent, &Peer::user_agent))}});
    }

    using Members = std::map<std::int64_t, std::string>; ///< user agent by peer id

    static double same(const Members& members, const std::string& user_agent)
    {
        return static_cast<double>(
            std::ranges::count_if(members, [&](const auto& member) { return member.second == user_agent; }));
    }

    std::unordered_map<std::string, Members> groups_; ///< bounded by the peers that the node's watch remembers
};

} // namespace

extern const Definition kSybil = {
    .kind = "sybil",
    .text = "holds many of the node's inbound connections",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<Sybil>,
};

} // namespace peer_observer::detector
