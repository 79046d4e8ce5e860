// slot_hold: connections that never finish the handshake, or never say anything, take the slots of peers that would.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/lru_map.h"
#include "services/detector/per_as.h"
#include "services/detector/window.h"

#include <array>
#include <map>
#include <string>

namespace peer_observer::detector {
namespace {

enum : std::size_t {
    kUnfinished,
    kAsUnfinished,
    kAsShare,
    kNodeUnfinished,
    kPatience,
    kMute,
    kAsMute,
    kNodeMute,
    kMuteTime,
    kWindow
};
constexpr std::array kParameters = {
    Parameter{"unfinished", 12,
              "inbound connections of one site without a handshake, within the window; five times as many of its "
              "/16 or, of IPv6, /32",
              "a tenth of the 114 inbound slots that Core has by default (net.h), and one more"},
    Parameter{"as_unfinished", 80, "likewise, of one AS, of each site up to `unfinished`",
              "chosen: two thirds of those slots, and more than of a netgroup"},
    Parameter{"as_share", 0.5, "of all connections without a handshake, of this AS",
              "chosen: four times what the largest hoster has of the reachable nodes"},
    Parameter{"node_unfinished", 114, "such connections of all", "as many as those slots; scanners come a few an hour"},
    Parameter{"patience_s", 10, "seconds after which a handshake is late",
              "chosen: several round trips over Tor; Core waits for 60 (-peertimeout)"},
    Parameter{
        "mute", 6,
        "inbound connections at a time, of one site, that have said nothing since the handshake; twice as many of "
        "its /16 or /32",
        "chosen: half of what sybil allows; Core asks each of its outbound peers for headers at once"},
    Parameter{"as_mute", 24, "likewise, of one AS, of each site up to `mute`",
              "chosen: twice what a netgroup may have; a node of Core is never mute"},
    Parameter{"node_mute", 40, "such connections of all", "chosen: a third of the inbound slots"},
    Parameter{"mute_s", 600, "seconds for which they have said nothing", "the mean time between blocks"},
    Parameter{"window_s", 600, "seconds", "chosen: ten times what Core gives to a handshake"},
};

constexpr std::size_t kMostGroups = 4096;
constexpr std::string_view kWithoutHandshake = "connections without a handshake";

class SlotHold : public Detector {
public:
    SlotHold(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto&) {
            if (peer.inbound) slots_[peer.id] = {peer, at.time};
        };
        hooks.received +=
            [this](const Moment& at, const Peer& peer, const auto& message) { received(at, peer, message); };
        hooks.forgotten += [this](const Moment& at, const Peer& peer) {
            const auto slot = slots_.find(peer.id);
            if (slot == slots_.end()) return;
            if (!slot->second.has_finished && !slot->second.is_counted) unfinished(at, peer);
            slots_.erase(slot);
        };
        hooks.evicted += [this](const Moment&, const Peer& peer) { slots_.erase(peer.id); };
        hooks.gap += [this](const Moment&) { slots_.clear(); }; // they may have spoken
        hooks.tick += [this](const Moment& at) { look(at); };
    }

private:
    struct Slot {
        Peer peer;
        Time since = 0; ///< when it was opened, and then when its handshake was over
        bool has_finished = false;
        bool is_counted = false;
    };

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
        const auto slot = slots_.find(peer.id);
        if (slot == slots_.end()) return;
        const auto& payload = message.payload();
        if (payload.has_verack()) {
            slot->second.has_finished = true;
            slot->second.since = at.time;
        } else if (payload.has_headers() && payload.headers().headers_size() == 0) {
            return; // an answer that says nothing
        } else if (is_word(payload.payload_case()) && slot->second.has_finished) {
            slots_.erase(slot);
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
        std::map<std::string, std::pair<double, const Peer*>> mute;
        for (auto& [id, slot] : slots_) {
            if (!slot.has_finished) {
                if (slot.is_counted || at.time < slot.since + time(kPatience)) continue;
                slot.is_counted = true;
                unfinished(at, slot.peer);
            } else if (at.time >= slot.since + time(kMuteTime)) {
                const auto add = [&](const std::string& group) {
                    auto& [count, peer] = mute[group];
                    peer = &slot.peer;
                    return ++count;
                };
                add("");
                if (!slot.peer.has_own_host()) continue;
                const double of_site = add(slot.peer.site);
                if (!slot.peer.as.empty() && of_site <= threshold(kMute)) add(slot.peer.as);
                if (slot.peer.netgroup != slot.peer.site) add(slot.peer.netgroup);
            }
        }
        for (const auto& [group, found] : mute) {
            const auto& [count, peer] = found;
            const double most = group.empty()         ? threshold(kNodeMute)
                                : group == peer->site ? threshold(kMute)
                                : group == peer->as   ? threshold(kAsMute)
                                                      : 2 * threshold(kMute);
            alarms().judge(at, group.empty() ? Subject::of_node(peer) : Subject::of_group(group, peer),
                           {{"connections that say nothing", count, most},
                            {"seconds for which they say nothing", static_cast<double>(time(kMuteTime)) / kSecond}});
        }
    }

    std::map<std::int64_t, Slot> slots_; ///< inbound connections that have said nothing, by peer id
    LruMap<std::string, Window> groups_{kMostGroups};
    PerAs by_as_; ///< of those without a handshake
};

} // namespace

extern const Definition kSlotHold = {
    .kind = "slot_hold",
    .text = "holds connections that never finish the handshake or never say anything",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 65,
    .parameters = kParameters,
    .make = make_detector<SlotHold>,
};

} // namespace peer_observer::detector
