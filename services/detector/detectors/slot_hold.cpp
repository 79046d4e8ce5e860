// slot_hold: connections that never finish the handshake, never say anything, or are dead, take slots of peers that
// would.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/node_pace.h"
#include "services/detector/per_as.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t {
    kUnfinished,
    kAsUnfinished,
    kAsShare,
    kNodeUnfinished,
    kConcurrent,
    kPatience,
    kMute,
    kAsMute,
    kNodeMute,
    kMuteTime,
    kUnanswered,
    kAsUnanswered,
    kNodeUnanswered,
    kPongTime,
    kWindow
};
constexpr std::array kParameters = {
    Parameter{"unfinished", 12,
              "inbound connections of one site without a handshake within the window; five times as many for its "
              "netgroup (/16, or /32 of IPv6)",
              "one more than a tenth of the 114 inbound slots that Core has by default (net.h)"},
    Parameter{"as_unfinished", 80, "the same for one AS; each site counts for at most `unfinished`",
              "chosen: two thirds of these slots, and more than for a netgroup"},
    Parameter{"as_share", 0.5, "share of all connections without a handshake",
              "chosen: four times the largest hoster's share of the reachable nodes"},
    Parameter{"node_unfinished", 114, "the same for all peers together",
              "the number of these slots; scanners connect a few times per hour"},
    Parameter{"concurrent", 20,
              "concurrent inbound connections of all peers without a handshake, each for `patience_s`",
              "chosen: scanners leave within a minute, so that there are one or two at a time"},
    Parameter{"patience_s", 10, "seconds after which a handshake is late",
              "chosen: several round trips over Tor; Core waits for 60 (-peertimeout)"},
    Parameter{"mute", 6,
              "concurrent inbound connections of one site that have sent nothing since the handshake; twice as many "
              "for its netgroup",
              "chosen: half of what sybil allows; Core asks each of its outbound peers for headers at once"},
    Parameter{"as_mute", 24, "the same for one AS; each site counts for at most `mute`",
              "chosen: twice what a netgroup may have; Bitcoin Core is never silent"},
    Parameter{"node_mute", 40, "the same for all peers together", "chosen: a third of the inbound slots"},
    Parameter{"mute_s", 600, "seconds for which they have sent nothing", "the mean time between blocks"},
    Parameter{"unanswered", 4,
              "concurrent inbound connections of one site that do not answer a ping; twice as many for its netgroup",
              "chosen: peers with dead connections are rarely of one site"},
    Parameter{"as_unanswered", 16, "the same for one AS; each site counts for at most `unanswered`",
              "chosen: twice what a netgroup may have"},
    Parameter{"node_unanswered", 40, "the same for all peers together", "chosen: a third of the inbound slots"},
    Parameter{"pong_s", 180, "seconds without an answer, while the node processes messages of others",
              "chosen: enough for a ping queued behind two full blocks at 44 kB/s; Core waits for 20 minutes"},
    Parameter{"window_s", 600, "seconds", "chosen: ten times Core's timeout for the handshake"},
};

constexpr std::size_t kMostGroups = 4096;
constexpr std::string_view kWithoutHandshake = "connections without a handshake";

class SlotHold : public Detector {
public:
    SlotHold(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, pace_{hooks.pace}
    {
        using Payload = proto::MessagePayload;
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto&) {
            if (!peer.inbound) return;
            Slot& slot = *take(peer.id);
            slot.since = at.time;
            slot.mapped_as = peer.mapped_as;
            peers_[peer.id] = {peer};
        };
        hooks.outbound(Payload::kPing) += [this](const Moment&, const Peer& peer, const auto& message) {
            if (peer.inbound) pings_.try_emplace(peer.id, peer, message.payload().ping().nonce(), pace_.mark());
        };
        hooks.inbound(Payload::kPong) += [this](const Moment&, const Peer& peer, const auto& message) {
            const auto ping = pings_.find(peer.id);
            if (ping != pings_.end() && ping->second.nonce == message.payload().pong().nonce()) pings_.erase(ping);
        };
        hooks.received +=
            [this](const Moment& at, const Peer& peer, const auto& message) { received(at, peer, message); };
        hooks.forgotten += [this](const Moment& at, const Peer& peer) {
            pings_.erase(peer.id);
            const auto slot = find(peer.id);
            if (slot == slots_.end()) return;
            if (!slot->has_finished && !slot->is_counted) unfinished(at, peer);
            erase(slot);
        };
        hooks.evicted += [this](const Moment&, const Peer& peer) {
            if (const auto slot = find(peer.id); slot != slots_.end()) erase(slot);
            pings_.erase(peer.id);
        };
        hooks.gap += [this](const Moment&) { // they may have spoken
            slots_.clear();
            peers_.clear();
            pings_.clear();
        };
        hooks.tick += [this](const Moment& at) { look(at); };
    }

private:
    /// Small, because all of them are looked at each second.
    struct Slot {
        std::int64_t id = 0; ///< of the peer
        Time since = 0;      ///< when it was opened, and then when its handshake was over
        std::uint32_t mapped_as = 0;
        bool has_finished = false;
        bool is_counted = false;
    };
    using Slots = std::vector<Slot>;
    struct Holder {
        Peer peer;
    };
    struct Ping {
        Ping(Peer from, std::uint64_t nonce_sent, NodePace::Mark mark)
            : peer{std::move(from)}, nonce{nonce_sent}, sent{mark}
        {}
        Peer peer;
        std::uint64_t nonce;
        NodePace::Mark sent;
    };
    struct Group {
        double count = 0;
        std::int64_t latest = 0; ///< id of one of them
    };
    /// The connections that do the same, and how many they are in each group. The group "" is the node. Counted again
    /// only when other connections do so, or the limit has changed: a second in which nothing happens costs little.
    struct Census {
        std::vector<std::int64_t> ids;
        std::vector<std::int64_t> next;
        double limit = 0;
        std::map<std::string, Group> groups;
    };

    Slots::iterator place_of(std::int64_t id) { return std::ranges::lower_bound(slots_, id, {}, &Slot::id); }
    Slots::iterator find(std::int64_t id)
    {
        const auto place = place_of(id);
        return place != slots_.end() && place->id == id ? place : slots_.end();
    }
    /// A new one.
    Slots::iterator take(std::int64_t id)
    {
        const auto place = place_of(id);
        if (place == slots_.end() || place->id != id) return slots_.insert(place, {.id = id});
        *place = {.id = id};
        return place;
    }
    void erase(Slots::iterator slot)
    {
        peers_.erase(slot->id);
        slots_.erase(slot);
    }

    /// What every peer sends whatever it is there for.
    static bool is_word(proto::MessagePayload::PayloadCase type)
    {
        using Payload = proto::MessagePayload;
        switch (type) {
        case Payload::kVersion:
        case Payload::kVerack:
        case Payload::kSendaddrv2:
        case Payload::kWtxidrelay:
        case Payload::kSendheaders:
        case Payload::kSendcmpct:
        case Payload::kSendtxrcncl:
        case Payload::kFeature:
        case Payload::kFeefilter:
        case Payload::kPing:
        case Payload::kPong:
        case Payload::PAYLOAD_NOT_SET:
            return false;
        default:
            return true;
        }
    }

    void received(const Moment& at, const Peer& peer, const proto::PeerMessage& message)
    {
        const auto slot = find(peer.id);
        if (slot == slots_.end()) return;
        const auto& payload = message.payload();
        if (payload.has_verack()) {
            slot->has_finished = true;
            slot->since = at.time;
        } else if (payload.has_headers() && payload.headers().headers_size() == 0) {
            return; // an answer that says nothing
        } else if (is_word(payload.payload_case()) && slot->has_finished) {
            erase(slot);
        }
    }

    void unfinished(const Moment& at, const Peer& peer)
    {
        if (peer.has_own_host()) {
            const double of_site =
                judge_unfinished(at, Subject::of_group(peer.site, &peer), peer.site, threshold(kUnfinished));
            by_as_.judge(alarms(), at, peer, 1, {kWithoutHandshake, of_site, threshold(kUnfinished)}, time(kWindow),
                         threshold(kAsUnfinished), threshold(kAsShare));
            if (peer.netgroup != peer.site)
                judge_unfinished(at, Subject::of_group(peer.netgroup, &peer), peer.netgroup,
                                 5 * threshold(kUnfinished));
        }
        judge_unfinished(at, Subject::of_node(&peer), "", threshold(kNodeUnfinished));
    }

    double judge_unfinished(const Moment& at, const Subject& subject, const std::string& group, double most)
    {
        Window& window = groups_[group];
        window.add(at.time, time(kWindow), 1);
        const double connections = window.sum(at.time, time(kWindow));
        alarms().judge(at, subject, {{kWithoutHandshake, connections, most}});
        return connections;
    }

    void look(const Moment& at)
    {
        double concurrent = 0;
        std::map<std::uint32_t, double> of_systems;
        const Slot* latest = nullptr;
        for (Slot& slot : slots_) {
            if (!slot.has_finished && at.time >= slot.since + time(kPatience)) {
                latest = &slot;
                // Of one AS no more than a third: `as_unfinished` is for that.
                if (slot.mapped_as == 0 ||
                    ++of_systems[slot.mapped_as] <= threshold(kConcurrent) / Spread::kFewestSystems)
                    ++concurrent;
            }
            if (slot.has_finished) {
                if (at.time >= slot.since + time(kMuteTime)) mute_.next.push_back(slot.id);
            } else if (!slot.is_counted && at.time >= slot.since + time(kPatience)) {
                slot.is_counted = true;
                unfinished(at, peers_.at(slot.id).peer);
            }
        }
        if (latest != nullptr)
            alarms().judge(at, Subject::of_node(&peers_.at(latest->id).peer),
                           {{"concurrent connections without a handshake", concurrent, threshold(kConcurrent)}});
        judge(at, mute_, peers_, {kMute, kAsMute, kNodeMute, kMuteTime}, "connections that say nothing");
        for (const auto& [id, ping] : pings_)
            if (pace_.seconds_since(ping.sent) >= threshold(kPongTime)) dead_.next.push_back(id);
        judge(at, dead_, pings_, {kUnanswered, kAsUnanswered, kNodeUnanswered, kPongTime},
              "connections that do not answer a ping");
    }

    static void add(Census& census, const Peer& peer)
    {
        const auto add_to = [&](const std::string& name) {
            Group& group = census.groups[name];
            group.latest = peer.id;
            return ++group.count;
        };
        add_to("");
        if (!peer.has_own_host()) return;
        const double of_site = add_to(peer.site);
        if (!peer.as.empty() && of_site <= census.limit) add_to(peer.as);
        if (peer.netgroup != peer.site) add_to(peer.netgroup);
    }

    struct Limits {
        std::size_t site, as, node, seconds; ///< parameters
    };

    /// `next` of the census has those that do so now. `holders` has the peers, by id.
    template <typename Holders>
    void judge(const Moment& at, Census& census, const Holders& holders, const Limits& limits, std::string_view what)
    {
        if (census.next != census.ids || census.limit != threshold(limits.site)) {
            census.ids.swap(census.next);
            census.limit = threshold(limits.site);
            census.groups.clear();
            for (const auto id : census.ids)
                add(census, holders.at(id).peer);
        }
        census.next.clear();
        for (const auto& [name, group] : census.groups) {
            const Peer& peer = holders.at(group.latest).peer;
            const double most = name.empty()        ? threshold(limits.node)
                                : name == peer.site ? threshold(limits.site)
                                : name == peer.as   ? threshold(limits.as)
                                                    : 2 * threshold(limits.site);
            alarms().judge(at, name.empty() ? Subject::of_node(&peer) : Subject::of_group(name, &peer),
                           {{what, group.count, most}, {"seconds for which they do so", threshold(limits.seconds)}});
        }
    }

    Slots slots_;                                    ///< inbound connections that have said nothing, by peer id
    std::unordered_map<std::int64_t, Holder> peers_; ///< of slots_
    std::map<std::int64_t, Ping> pings_;             ///< to inbound connections, that are not answered yet
    Census mute_;                                    ///< of slots_
    Census dead_;                                    ///< of pings_
    const NodePace& pace_;
    base::LruMap<std::string, Window> groups_{kMostGroups};
    PerAs by_as_; ///< of those without a handshake
};

} // namespace

extern const Definition kSlotHold = {
    .kind = "slot_hold",
    .text = "holds connections that never finish the handshake, never say anything, or answer no ping",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 65,
    .parameters = kParameters,
    .make = make_detector<SlotHold>,
};

} // namespace peer_observer::detector
