// addr_impossible: a peer announces addresses that are unroutable or of an impossible time.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/per_peer.h"
#include "services/detector/routable.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kImpossible, kShare, kFuture, kOld, kWindow };
constexpr std::array kParameters = {
    Parameter{"impossible", 20,
              "addresses of one peer within the window that are unroutable or have an impossible timestamp",
              "chosen: Core relays none; twice what Core puts into a message of relayed addresses"},
    Parameter{"share", 0.05, "share of its addresses that are impossible",
              "one in 13 random IPv4 addresses is unroutable"},
    Parameter{"future_s", 600, "seconds from which a timestamp counts as in the future",
              "Core treats later timestamps as five days old (ProcessAddrs, net_processing.cpp)"},
    Parameter{"old_days", 60, "days from which a timestamp counts as too old, except in an answer to getaddr",
              "twice the age up to which Core relays an address (ADDRMAN_HORIZON, addrman_impl.h)"},
    Parameter{"window_s", 3600, "seconds", "chosen: Core relays some hundred addresses in that time"},
};

constexpr double kDay_s = 86'400;
constexpr std::int64_t kFirstTime_s = 100'000'000; // Core takes earlier ones for none

class AddrImpossible : public Detector {
public:
    AddrImpossible(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, answers_{hooks}, peers_{hooks}
    {
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            received(at, peer, addresses);
        });
    }

private:
    struct State {
        Window all;
        Window unroutable;
        Window wrong_time;
    };

    void received(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        State& state = peers_[peer];
        const bool is_answer = answers_.take(peer, addresses);
        double unroutable = 0;
        double wrong_time = 0;
        for (const auto& address : addresses.addresses()) {
            if (is_unroutable(address))
                ++unroutable;
            else if (address.has_time_s() && is_impossible(at, address.time_s(), is_answer))
                ++wrong_time;
        }
        state.all.add(at.time, time(kWindow), addresses.addresses_size());
        state.unroutable.add(at.time, time(kWindow), unroutable);
        state.wrong_time.add(at.time, time(kWindow), wrong_time);
        if (unroutable + wrong_time > 0) judge(at, peer, state);
    }

    /// Clients with address managers of their own (bcoin, btcd) answer getaddr with all that they have, however old.
    bool is_impossible(const Moment& at, std::int64_t time_s, bool is_answer) const
    {
        const double now_s = static_cast<double>(at.time) / kSecond;
        const auto claimed_s = static_cast<double>(time_s);
        if (claimed_s >= now_s + threshold(kFuture)) return true;
        return !is_answer && (time_s <= kFirstTime_s || claimed_s <= now_s - threshold(kOld) * kDay_s);
    }

    void judge(const Moment& at, const Peer& peer, State& state)
    {
        const double unroutable = state.unroutable.sum(at.time, time(kWindow));
        const double wrong_time = state.wrong_time.sum(at.time, time(kWindow));
        const double impossible = unroutable + wrong_time;
        alarms().judge(at, Subject::of(peer),
                       {{"impossible addresses", impossible, threshold(kImpossible)},
                        {"share impossible", impossible / state.all.sum(at.time, time(kWindow)), threshold(kShare)},
                        {"unroutable", unroutable},
                        {"of an impossible time", wrong_time}});
    }

    GetaddrAnswers answers_;
    PerPeer<State> peers_;
};

} // namespace

extern const Definition kAddrImpossible = {
    .kind = "addr_impossible",
    .text = "announces addresses that are unroutable or of an impossible time",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<AddrImpossible>,
};

} // namespace peer_observer::detector
