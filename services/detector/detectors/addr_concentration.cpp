// addr_concentration: the addresses that a host announces, or that all peers do, are of one network.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/commonest.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/latest_things.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::detector {
namespace {

enum : std::size_t {
    kAddresses,
    kShare,
    kNodeAddresses,
    kNodeShare,
    kAsAddresses,
    kNodeAsAddresses,
    kAsShare,
    kWindow
};
constexpr std::array kParameters = {
    Parameter{"addresses", 50,
              "addresses of one netgroup (/16, or /32 of IPv6) that one host announced within the window",
              "chosen: with fewer, the share says little"},
    Parameter{"share", 0.25, "share of the IP addresses announced by the host that are in this netgroup",
              "chosen: no netgroup has a tenth of the IPv4 nodes"},
    Parameter{"node_addresses", 300, "the same, announced by all peers together",
              "chosen: what six such hosts announce"},
    Parameter{"node_share", 0.25, "share of the IP addresses announced by all peers that are in this netgroup",
              "as `share`"},
    Parameter{"as_addresses", 100, "addresses of one AS that one host announced within the window",
              "chosen: twice `addresses`"},
    Parameter{"node_as_addresses", 600, "the same, announced by all peers together", "chosen: twice `node_addresses`"},
    Parameter{"as_share", 0.5, "share of the IP addresses announced by the host, or by all peers, that are in this AS",
              "chosen: four times the largest hoster's share of the reachable nodes (bitcoin/bitcoin#16599, 2024)"},
    Parameter{"window_s", 3600, "seconds",
              "chosen: Core processes 360 addresses of a peer in it (MAX_ADDR_RATE_PER_SECOND, net_processing.cpp)"},
};

// Of a share of a quarter, one comes with every fourth address.
constexpr std::size_t kMostOfHost = 8;
constexpr std::size_t kMostOfNode = 32;

class AddrConcentration : public Detector {
public:
    AddrConcentration(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        on_addresses(hooks, [this, &hooks](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            received(at, peer, addresses, hooks);
        });
    }

private:
    template <std::size_t kMost>
    struct Counts {
        Window all;
        Commonest<kMost> netgroups;
        Commonest<kMost> systems;
    };
    struct State {
        LatestThings<256> told; ///< each address counts once
        Counts<kMostOfHost> counts;
    };

    void received(const Moment& at, const Peer& peer, const proto::Addresses& addresses, const Hooks& hooks)
    {
        State& state = subjects_[peer];
        for (const auto& address : addresses.addresses()) {
            const bool is_ip = address.network() == proto::Address::IPV4 || address.network() == proto::Address::IPV6;
            if (!is_ip || address.has_ignored()) continue;
            if (state.told.insert(std::hash<std::string_view>{}(address.address()))) continue;
            state.counts.all.add(at.time, time(kWindow), 1);
            counts_.all.add(at.time, time(kWindow), 1);
            const std::string netgroup = netgroup_of(address.address());
            judge(at, Subject::of(peer), state.counts, state.counts.netgroups, netgroup, threshold(kAddresses),
                  threshold(kShare));
            judge(at, Subject::of_group(netgroup, &peer), counts_, counts_.netgroups, netgroup,
                  threshold(kNodeAddresses), threshold(kNodeShare));
            const std::string as = hooks.as_of(address.address());
            if (as.empty()) continue;
            judge(at, Subject::of(peer), state.counts, state.counts.systems, as, threshold(kAsAddresses),
                  threshold(kAsShare));
            judge(at, Subject::of_group(as, &peer), counts_, counts_.systems, as, threshold(kNodeAsAddresses),
                  threshold(kAsShare));
        }
    }

    template <std::size_t kMost>
    void judge(const Moment& at, const Subject& subject, Counts<kMost>& counts, Commonest<kMost>& groups,
               std::string_view group, double least, double share)
    {
        const double addresses = groups.add(at.time, time(kWindow), std::hash<std::string_view>{}(group), 1);
        alarms().judge(at, subject,
                       {{"addresses of one network", addresses, least},
                        {"share of all", addresses / counts.all.sum(at.time, time(kWindow)), share}});
    }

    PerSubject<State> subjects_;
    Counts<kMostOfNode> counts_; ///< of all peers
};

} // namespace

extern const Definition kAddrConcentration = {
    .kind = "addr_concentration",
    .text = "announces addresses of one network, or is the network whose addresses are announced",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<AddrConcentration>,
};

} // namespace peer_observer::detector
