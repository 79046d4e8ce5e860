// addr_concentration: the addresses that a host announces, or that all peers do, are of one network.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/latest_things.h"
#include "services/detector/lru_map.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <array>
#include <functional>
#include <string>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kAddresses, kShare, kNodeAddresses, kNodeShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"addresses", 50, "addresses of one /16 or, of IPv6, /32 that one host announced, within the window",
              "chosen: so many give the share a meaning"},
    Parameter{"share", 0.25, "of the IP addresses that it announced, of this network",
              "chosen: no network has a tenth of the nodes of IPv4"},
    Parameter{"node_addresses", 300, "likewise, that all peers announced", "chosen: of six such hosts"},
    Parameter{"node_share", 0.25, "of the IP addresses that all peers announced, of this network", "as `share`"},
    Parameter{"window_s", 3600, "seconds",
              "chosen: Core processes 360 addresses of a peer in it (MAX_ADDR_RATE_PER_SECOND, net_processing.cpp)"},
};

constexpr std::size_t kMostNetworks = 4096;
constexpr std::size_t kMostNetworksOfHost = 16; // of a share of a quarter, one comes with every fourth address

class AddrConcentration : public Detector {
public:
    AddrConcentration(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            received(at, peer, addresses);
        });
    }

private:
    struct State {
        LatestThings<256> told; ///< each address counts once
        Window all;
        LruMap<std::string, Window> networks{kMostNetworksOfHost};
    };

    void received(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        State& state = subjects_[peer];
        for (const auto& address : addresses.addresses()) {
            const bool is_ip = address.network() == proto::Address::IPV4 || address.network() == proto::Address::IPV6;
            if (!is_ip || address.has_ignored()) continue;
            if (state.told.insert(std::hash<std::string_view>{}(address.address()))) continue;
            const std::string network = netgroup_of(address.address());
            judge(at, Subject::of(peer), state.networks[network], state.all, threshold(kAddresses), threshold(kShare));
            judge(at, Subject::of_group(network, &peer), networks_[network], all_, threshold(kNodeAddresses),
                  threshold(kNodeShare));
        }
    }

    void judge(const Moment& at, const Subject& subject, Window& network, Window& all, double least, double share)
    {
        network.add(at.time, time(kWindow), 1);
        all.add(at.time, time(kWindow), 1);
        const double addresses = network.sum(at.time, time(kWindow));
        alarms().judge(at, subject,
                       {{"addresses of one network", addresses, least},
                        {"share of all", addresses / all.sum(at.time, time(kWindow)), share}});
    }

    PerSubject<State> subjects_;
    LruMap<std::string, Window> networks_{kMostNetworks};
    Window all_;
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
