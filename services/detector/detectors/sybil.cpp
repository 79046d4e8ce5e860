// sybil: one site or larger network, or one autonomous system, holds many of the node's inbound connections at a
// time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/peer.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kConnections, kNetgroupConnections, kAsConnections, kAsShare };
constexpr std::array kParameters = {
    Parameter{"connections", 12, "concurrent inbound connections of one site",
              "one more than a tenth of the 114 inbound slots that Core has by default (net.h)"},
    Parameter{"netgroup_connections", 30, "concurrent inbound connections of one netgroup (/16, or /32 of IPv6)",
              "chosen: a quarter of those slots; large hosting companies have many honest nodes in a /32"},
    Parameter{"as_connections", 38,
              "concurrent inbound connections of one AS; each site counts for at most `connections`",
              "chosen: a third of those slots"},
    Parameter{"as_share", 0.3, "share of all inbound connections with a known AS",
              "chosen: the largest hoster has an eighth of the reachable nodes (bitcoin/bitcoin#16599, 2024)"},
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
        hooks.peer_list += [this, &hooks](const Moment& at, const proto::PeerInfoList& list) { look(at, list, hooks); };
    }

private:
    struct Member {
        std::string site;
        std::string user_agent;
    };
    using Members = std::map<std::int64_t, Member>; ///< by peer id

    void add(const Moment& at, const Peer& peer)
    {
        if (!peer.inbound || !peer.has_own_host()) return;
        auto known = groups_of_.find(peer.id);
        if (known == groups_of_.end()) {
            std::vector groups = {peer.site};
            if (peer.netgroup != peer.site) groups.push_back(peer.netgroup);
            if (!peer.as.empty()) groups.push_back(peer.as);
            if (!peer.as.empty()) ++with_as_;
            known = groups_of_.emplace(peer.id, std::move(groups)).first;
        }
        for (const auto& group : known->second) {
            Members& members = groups_[group];
            const auto [member, joins] = members.try_emplace(peer.id, peer.site, peer.user_agent);
            if (!joins && member->second.user_agent == peer.user_agent) continue;
            member->second.user_agent = peer.user_agent;
            if (as_number(group) != 0) {
                judge_as(at, group, peer, members, spread_of(members), with_as_);
                continue;
            }
            alarms().judge(at, Subject::of_group(group, &peer),
                           {{"connections", static_cast<double>(members.size()),
                             threshold(group == peer.site ? kConnections : kNetgroupConnections)},
                            {"with the same user agent", same(members, peer.user_agent)}});
        }
    }

    void remove(const Peer& peer)
    {
        const auto found = groups_of_.find(peer.id);
        if (found == groups_of_.end()) return;
        for (const auto& name : found->second) {
            if (as_number(name) != 0) --with_as_;
            const auto group = groups_.find(name);
            group->second.erase(peer.id);
            if (group->second.empty()) groups_.erase(group);
        }
        groups_of_.erase(found);
    }

    /// An answer to getpeerinfo lists all peers. A node with -asmap says their ASes, else the operator's asmap does.
    void look(const Moment& at, const proto::PeerInfoList& list, const Hooks& hooks)
    {
        std::map<std::string, std::pair<std::vector<Peer>, Members>> systems;
        std::size_t with_as = 0;
        for (const auto& info : list.peers()) {
            if (!info.inbound()) continue;
            Peer peer = make_peer(info.id(), info.addr(), true);
            if (!peer.has_own_host()) continue;
            peer.as = info.mapped_as() != 0 ? as_text(info.mapped_as()) : hooks.as_of(peer.host);
            if (peer.as.empty()) continue;
            peer.mapped_as = as_number(peer.as);
            peer.user_agent = info.subver();
            ++with_as;
            auto& [peers, members] = systems[peer.as];
            members.try_emplace(peer.id, peer.site, peer.user_agent);
            peers.push_back(std::move(peer));
        }
        for (const auto& [name, system] : systems) {
            const auto& [peers, members] = system;
            const Spread spread = spread_of(members);
            for (const auto& peer : peers)
                judge_as(at, name, peer, members, spread, with_as);
        }
    }

    /// Over how many sites an AS's connections are spread, and how many they are where each site counts up to its own
    /// threshold.
    struct Spread {
        double sites = 0;
        double connections = 0;
    };

    Spread spread_of(const Members& members) const
    {
        std::map<std::string_view, double> sites;
        for (const auto& [id, member] : members)
            ++sites[member.site];
        Spread spread{static_cast<double>(sites.size())};
        for (const auto& [site, count] : sites)
            spread.connections += std::min(count, threshold(kConnections));
        return spread;
    }

    void judge_as(const Moment& at, const std::string& as, const Peer& peer, const Members& members,
                  const Spread& spread, std::size_t with_as)
    {
        alarms().judge(at, Subject::of_group(as, &peer),
                       {{"connections", spread.connections, threshold(kAsConnections)},
                        {"share of all", spread.connections / static_cast<double>(with_as), threshold(kAsShare)},
                        {"sites", spread.sites},
                        {"with the same user agent", same(members, peer.user_agent)}});
    }

    static double same(const Members& members, const std::string& user_agent)
    {
        return static_cast<double>(
            std::ranges::count_if(members, [&](const auto& member) { return member.second.user_agent == user_agent; }));
    }

    // Bounded by the peers that the node's watch remembers.
    std::unordered_map<std::string, Members> groups_;
    std::unordered_map<std::int64_t, std::vector<std::string>> groups_of_; ///< by peer id: where it counts
    std::size_t with_as_ = 0;
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
