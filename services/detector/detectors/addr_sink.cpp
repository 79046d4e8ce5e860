// addr_sink: most addresses that the node passes on go to the same few, who pass none on.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kAddresses, kShare, kTimes, kOthers, kWindow };
constexpr std::array kParameters = {
    Parameter{
        "addresses", 40,
        "addresses that the node relayed to one site, or to one netgroup (/16, or /32 of IPv6), within the window",
        "chosen: with fewer, the share says little"},
    Parameter{"share", 0.5, "share of all addresses that the node relayed",
              "Core relays an address to two peers (RelayAddress, net_processing.cpp): one of ten peers gets a fifth"},
    Parameter{"times", 10, "ratio to the addresses received from there, without the first message of each connection",
              "chosen: an honest node also relays what it hears"},
    Parameter{"others", 2, "connections of other peers that take part in address relay",
              "among fewer peers, one gets most addresses"},
    Parameter{"window_s", 3600, "seconds", "chosen: some hundred addresses are relayed in that time"},
};

constexpr std::size_t kMostGroups = 4096;

class AddrSink : public Detector {
public:
    AddrSink(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kAddr) += [this](const Moment& at, const Peer& peer, const auto& message) {
            sent(at, peer, message.payload().addr());
        };
        hooks.outbound(Payload::kAddrv2) += [this](const Moment& at, const Peer& peer, const auto& message) {
            sent(at, peer, message.payload().addrv2());
        };
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            taking_part_[peer.id] = peer.netgroup;
            // Of the first message of each, which has its own address, nothing is passed on.
            if (!announcers_.insert(peer.id).second && peer.has_own_host()) came(at, peer, addresses.addresses_size());
        });
        hooks.forgotten += [this](const Moment&, const Peer& peer) {
            taking_part_.erase(peer.id);
            announcers_.erase(peer.id);
        };
        hooks.gap += [this](const Moment&) { // some may have come from there
            groups_.clear();
            all_ = {};
        };
    }

private:
    struct Group {
        Window to;
        Window from;
    };

    void came(const Moment& at, const Peer& peer, int count)
    {
        groups_[peer.site].from.add(at.time, time(kWindow), count);
        if (peer.netgroup != peer.site) groups_[peer.netgroup].from.add(at.time, time(kWindow), count);
    }

    void sent(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        const auto count = addresses.addresses_size();
        if (count > kMostRelayed) return; // an answer to getaddr
        all_.add(at.time, time(kWindow), count);
        taking_part_[peer.id] = peer.netgroup;
        if (!peer.has_own_host()) return;
        Group& site = groups_[peer.site];
        site.to.add(at.time, time(kWindow), count);
        const double told = site.to.sum(at.time, time(kWindow));
        judge(at, peer, peer.site, site);
        if (peer.netgroup == peer.site) return;
        Group& netgroup = groups_[peer.netgroup];
        netgroup.to.add(at.time, time(kWindow), count);
        // A network is to be named where no site of it is enough.
        if (told < threshold(kShare) * netgroup.to.sum(at.time, time(kWindow)))
            judge(at, peer, peer.netgroup, netgroup);
    }

    void judge(const Moment& at, const Peer& peer, const std::string& name, Group& group)
    {
        const double told = group.to.sum(at.time, time(kWindow));
        const double came = std::max(group.from.sum(at.time, time(kWindow)), 1.0);
        const auto others =
            std::ranges::count_if(taking_part_, [&](const auto& other) { return other.second != peer.netgroup; });
        alarms().judge(at, Subject::of_group(name, &peer),
                       {{"addresses passed on to it", told, threshold(kAddresses)},
                        {"share of all", told / all_.sum(at.time, time(kWindow)), threshold(kShare)},
                        {"times as many as came from it", told / came, threshold(kTimes)},
                        {"others that take part", static_cast<double>(others), threshold(kOthers)}});
    }

    base::LruMap<std::string, Group> groups_{kMostGroups};
    std::unordered_set<std::int64_t> announcers_; ///< connections that have announced any
    Window all_;
    std::unordered_map<std::int64_t, std::string>
        taking_part_; ///< netgroups of connections that were told of any, or told some
};

} // namespace

extern const Definition kAddrSink = {
    .kind = "addr_sink",
    .text = "is told of most addresses that the node passes on, and passes none on",
    .severity = proto::AnomalyReport::INFO,
    .confidence_percent = 55,
    .parameters = kParameters,
    .make = make_detector<AddrSink>,
};

} // namespace peer_observer::detector
