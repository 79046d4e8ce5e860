// addr_unheard: nearly all addresses that a peer announces have been announced by nobody before: they may be made up.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/per_peer.h"
#include "services/detector/recent_hashes.h"
#include "services/detector/window.h"

#include <array>
#include <functional>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUnheard, kShare, kLearn, kWindow };
constexpr std::array kParameters = {
    Parameter{"unheard", 300,
              "addresses of one peer that nobody has announced before, within the window, and as many of other peers",
              "chosen: nearly the 360 per hour that Core processes (MAX_ADDR_RATE_PER_SECOND, net_processing.cpp)"},
    Parameter{"share", 0.9, "share of the addresses it sent unsolicited that no peer announced before",
              "chosen: honest nodes relay what others relay, too"},
    Parameter{"learn_s", 86400, "seconds for which the node must have been observed before",
              "how often a node announces its own address (AVG_LOCAL_ADDRESS_BROADCAST_INTERVAL, net_processing.cpp)"},
    Parameter{"window_s", 3600, "seconds", "chosen: Core relays some hundred addresses in that time"},
};

class AddrUnheard : public Detector {
public:
    AddrUnheard(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, answers_{hooks}, peers_{hooks}
    {
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            received(at, peer, addresses);
        });
    }

private:
    struct State {
        Window unasked;
        Window unheard;
    };

    void received(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        if (listening_since_ == 0) listening_since_ = at.time;
        State& state = peers_[peer];
        double unheard = 0;
        for (const auto& address : addresses.addresses()) {
            const std::uint64_t hash = std::hash<std::string_view>{}(address.address());
            if (!heard_.contains(hash)) ++unheard;
            heard_.insert(at.time, hash);
        }
        if (answers_.take(peer, addresses)) return;
        state.unasked.add(at.time, time(kWindow), addresses.addresses_size());
        unasked_.add(at.time, time(kWindow), addresses.addresses_size());
        state.unheard.add(at.time, time(kWindow), unheard);
        if (unheard > 0 && at.time >= listening_since_ + time(kLearn)) judge(at, peer, state);
    }

    void judge(const Moment& at, const Peer& peer, State& state)
    {
        const double unheard = state.unheard.sum(at.time, time(kWindow));
        const double all = state.unasked.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of(peer),
                       {{"addresses that nobody has announced before", unheard, threshold(kUnheard)},
                        {"share unheard of", unheard / all, threshold(kShare)},
                        {"addresses of other peers", unasked_.sum(at.time, time(kWindow)) - all, threshold(kUnheard)}});
    }

    GetaddrAnswers answers_;
    PerPeer<State> peers_;
    /// What the node was told of for one to two days: 256 KiB. Of 100,000 addresses a day it takes one in 50 for known.
    BasicRecentHashes<1U << 20U, 86'400 * kSecond> heard_;
    Window unasked_; ///< addresses of all peers
    Time listening_since_ = 0;
};

} // namespace

extern const Definition kAddrUnheard = {
    .kind = "addr_unheard",
    .text = "announces addresses that nobody has announced before",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<AddrUnheard>,
};

} // namespace peer_observer::detector
