// addr_flood: a peer sends more addresses than Bitcoin Core processes, or many peers do so a little each.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kExcess, kNodeExcess, kWindow };
constexpr std::array kParameters = {
    Parameter{"excess", 20, "addresses of one peer above Core's limit, within the window",
              "chosen: twice the error from a peer's clock differing from ours"},
    Parameter{"node_excess", 1000, "the same, of all peers that are below `excess`", "chosen: what 50 such peers send"},
    Parameter{"window_s", 600, "seconds", "chosen: one message may be enough; this is how long it is remembered"},
};

// Bitcoin Core, net_processing.cpp, ProcessAddrs(): MAX_ADDR_RATE_PER_SECOND, MAX_ADDR_PROCESSING_TOKEN_BUCKET,
// MAX_ADDR_TO_SEND. The same since v22 (bitcoin/bitcoin#22387).
constexpr double kTokensPerSecond = 0.1;
constexpr double kMostTokens = 1000;
constexpr double kTokensForGetaddr = 1000;

/// As Core counts for each peer: an address costs a token.
struct Bucket {
    double tokens = 0;
    Time filled = 0; ///< 0: never
    Window excess;

    void fill(Time now, bool from_start)
    {
        // Of a peer that was there before, nobody knows what it has left.
        if (filled == 0)
            tokens = from_start ? 1 : kMostTokens + 1;
        else if (tokens < kMostTokens && now > filled)
            tokens = std::min(kMostTokens, tokens + static_cast<double>(now - filled) / kSecond * kTokensPerSecond);
        filled = now;
    }

    /// How many of so many addresses are too many.
    double take(double addresses)
    {
        const double taken = std::min(addresses, std::max(0.0, std::floor(tokens)));
        tokens -= taken;
        return addresses - taken;
    }
};

class AddrFlood : public Detector {
public:
    AddrFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, buckets_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto&) { buckets_[peer].fill(at.time, true); };
        hooks.inbound(Payload::kVersion) += [this](const Moment& at, const Peer& peer, const auto&) {
            if (buckets_.find(peer) == nullptr) buckets_[peer].fill(at.time, true);
        };
        hooks.outbound(Payload::kGetaddr) += [this](const Moment& at, const Peer& peer, const auto&) {
            buckets_[peer].fill(at.time, peer.from_start);
            buckets_[peer].tokens += kTokensForGetaddr;
        };
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            received(at, peer, addresses.addresses_size());
        });
        hooks.gap += [this](const Moment&) { buckets_.clear(); };
    }

private:
    void received(const Moment& at, const Peer& peer, int addresses)
    {
        Bucket& bucket = buckets_[peer];
        bucket.fill(at.time, false);
        const double too_many = bucket.take(addresses);
        if (too_many == 0) return;
        bucket.excess.add(at.time, time(kWindow), too_many);
        const double excess = bucket.excess.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of(peer),
                       {{"addresses above Core's limit", excess, threshold(kExcess)}, {"tokens left", bucket.tokens}});
        if (excess >= threshold(kExcess)) return;
        node_excess_.add(at.time, time(kWindow), too_many);
        alarms().judge(
            at, Subject::of_node(&peer),
            {{"addresses above Core's limit", node_excess_.sum(at.time, time(kWindow)), threshold(kNodeExcess)}});
    }

    PerPeer<Bucket> buckets_;
    Window node_excess_;
};

} // namespace

extern const Definition kAddrFlood = {
    .kind = "addr_flood",
    .text = "sends more addresses than Bitcoin Core processes",
    .severity = proto::AnomalyReport::WARNING,
    .escalates = false,
    .confidence_percent = 80,
    .parameters = kParameters,
    .make = make_detector<AddrFlood>,
};

} // namespace peer_observer::detector
