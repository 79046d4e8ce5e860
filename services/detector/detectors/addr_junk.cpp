// addr_junk: a peer announces addresses that lead nowhere: unroutable, of an impossible time, made up, or dead.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/recent_hashes.h"
#include "services/detector/routable.h"
#include "services/detector/window.h"

#include <array>
#include <functional>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kImpossible, kShare, kFuture, kOld, kUnheard, kUnheardShare, kLearn, kDead, kDeadShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"impossible", 20, "addresses of one peer that are unroutable or of an impossible time, in the window",
              "chosen: Core passes none on; twice what it puts into a message of relayed addresses"},
    Parameter{"share", 0.05, "of all that it sent, impossible",
              "one in 13 addresses of IPv4 drawn by lot is unroutable"},
    Parameter{"future_s", 600, "seconds from which on a time is in the future",
              "Core takes what is later for five days old"},
    Parameter{"old_days", 60, "days from which on a time is too old",
              "twice the age up to which Core gives an address to others (ADDRMAN_HORIZON)"},
    Parameter{"unheard", 300,
              "addresses of one peer that nobody has announced before, within the window, and as many of other peers",
              "chosen: nearly the 360 an hour that Core processes (MAX_ADDR_RATE_PER_SECOND)"},
    Parameter{"unheard_share", 0.9, "of what it sent without being asked, unheard of",
              "chosen: nodes pass on what others pass on, too"},
    Parameter{"learn_s", 86400, "seconds for which the node must have been listened to before",
              "how often a node announces its own address (AVG_LOCAL_ADDRESS_BROADCAST_INTERVAL)"},
    Parameter{"dead", 100, "addresses of one peer at which no node answered to addr-connectivity",
              "chosen: so many give the share a meaning"},
    Parameter{"dead_share", 0.98, "of its addresses of which it was found out whether a node answers",
              "chosen: an honest answer to getaddr has more that do"},
    Parameter{"window_s", 3600, "seconds", "chosen: Core passes on some hundred addresses in it"},
};

constexpr double kDay_s = 86'400;
constexpr int kMostRelayed = 10;                   // addresses in a message that Core passes on (net_processing.cpp)
constexpr std::int64_t kFirstTime_s = 100'000'000; // Core takes earlier ones for none

class AddrJunk : public Detector {
public:
    AddrJunk(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, peers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetaddr) +=
            [this](const Moment&, const Peer& peer, const auto&) { peers_[peer].is_asked = true; };
        hooks.inbound(Payload::kAddr) += [this](const Moment& at, const Peer& peer, const auto& message) {
            received(at, peer, message.payload().addr());
        };
        hooks.inbound(Payload::kAddrv2) += [this](const Moment& at, const Peer& peer, const auto& message) {
            received(at, peer, message.payload().addrv2());
        };
        hooks.gap += [this](const Moment&) { // they may have been asked meanwhile
            for (auto& [id, state] : peers_)
                state.is_asked = true;
        };
        hooks.announcer += [this](const Moment& at, const auto& announcer) { checked(at, announcer); };
    }

private:
    struct State {
        bool is_asked = false; ///< and has not answered
        Window all;
        Window unroutable;
        Window wrong_time;
        Window unasked;
        Window unheard;
    };

    void received(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        if (listening_since_ == 0) listening_since_ = at.time;
        State* known = peers_.find(peer);
        State& state = known == nullptr ? peers_[peer] : *known;
        if (known == nullptr) state.is_asked = !peer.from_start;
        double unroutable = 0;
        double wrong_time = 0;
        double unheard = 0;
        for (const auto& address : addresses.addresses()) {
            if (is_unroutable(address))
                ++unroutable;
            else if (address.has_time_s() && is_impossible(at, address.time_s()))
                ++wrong_time;
            const std::uint64_t hash = std::hash<std::string_view>{}(address.address());
            if (!heard_.contains(hash)) ++unheard;
            heard_.insert(at.time, hash);
        }
        state.all.add(at.time, time(kWindow), addresses.addresses_size());
        state.unroutable.add(at.time, time(kWindow), unroutable);
        state.wrong_time.add(at.time, time(kWindow), wrong_time);
        if (unroutable + wrong_time > 0) judge_impossible(at, peer, state);
        if (state.is_asked && addresses.addresses_size() > kMostRelayed) {
            state.is_asked = false;
            return;
        }
        state.unasked.add(at.time, time(kWindow), addresses.addresses_size());
        unasked_.add(at.time, time(kWindow), addresses.addresses_size());
        state.unheard.add(at.time, time(kWindow), unheard);
        if (unheard > 0 && at.time >= listening_since_ + time(kLearn)) judge_unheard(at, peer, state);
    }

    bool is_impossible(const Moment& at, std::int64_t time_s) const
    {
        const double now_s = static_cast<double>(at.time) / kSecond;
        const auto claimed_s = static_cast<double>(time_s);
        return time_s <= kFirstTime_s || claimed_s >= now_s + threshold(kFuture) ||
               claimed_s <= now_s - threshold(kOld) * kDay_s;
    }

    void judge_impossible(const Moment& at, const Peer& peer, State& state)
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

    void judge_unheard(const Moment& at, const Peer& peer, State& state)
    {
        const double unheard = state.unheard.sum(at.time, time(kWindow));
        const double all = state.unasked.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of(peer),
                       {{"addresses that nobody has announced before", unheard, threshold(kUnheard)},
                        {"share unheard of", unheard / all, threshold(kUnheardShare)},
                        {"addresses of other peers", unasked_.sum(at.time, time(kWindow)) - all, threshold(kUnheard)}});
    }

    /// What has become of the addresses of one peer of some node.
    void checked(const Moment& at, const proto::AnnouncerReachability& announcer)
    {
        using Checked = proto::AddressChecked;
        if (!announcer.dns_seed().empty()) return;
        double dead = 0;
        double alive = 0;
        for (const auto& result : announcer.results()) {
            const auto count = static_cast<double>(result.count());
            switch (result.result()) {
            case Checked::OK:
            case Checked::CLOSED: // a node without room does that
                alive += count;
                break;
            case Checked::REFUSED:
            case Checked::TIMEOUT:
            case Checked::NOT_BITCOIN:
            case Checked::WRONG_NETWORK:
                dead += count;
                break;
            default: // says more about the one who checks
                break;
            }
        }
        if (dead == 0) return;
        const Peer peer =
            make_peer(announcer.peer_id(), announcer.peer_address(), announcer.connection_type() == "inbound");
        alarms().judge(at, Subject::of(peer, announcer.node()),
                       {{"addresses at which no node answers", dead, threshold(kDead)},
                        {"share of those checked", dead / (dead + alive), threshold(kDeadShare)}},
                       announcer.first_announcement_ns());
    }

    PerPeer<State> peers_;
    /// What the node was told of for one to two days: 256 KiB. Of 100,000 addresses a day it takes one in 50 for known.
    BasicRecentHashes<1U << 20U, 86'400 * kSecond> heard_;
    Window unasked_; ///< addresses of all peers
    Time listening_since_ = 0;
};

} // namespace

extern const Definition kAddrJunk = {
    .kind = "addr_junk",
    .text = "announces addresses that lead nowhere",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<AddrJunk>,
};

} // namespace peer_observer::detector
