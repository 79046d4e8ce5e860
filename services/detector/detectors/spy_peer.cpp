// spy_peer: a peer lets itself be told of transactions for a long time, asks for none and gives nothing.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/inventory.h"
#include "services/detector/per_peer.h"
#include "services/detector/per_subject.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kAnnounced, kDuration };
constexpr std::array kParameters = {
    Parameter{"announced", 1000, "transactions announced to it",
              "chosen: minutes at Core's limit of 14 per second (7 before v31); about an hour when few transactions "
              "are relayed"},
    Parameter{"duration_s", 3600, "seconds, over all connections of its host, since it last sent something",
              "chosen: six times the mean time between blocks, and a node requests or announces each block"},
};

class SpyPeer : public Detector {
public:
    SpyPeer(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, heard_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto& items = message.payload().inv().items();
            if (peer.inbound && !items.empty() && is_transaction(items[0])) announced(at, peer, items.size());
        };
        for (const auto type : {Payload::kGetdata, Payload::kTx, Payload::kBlock, Payload::kCmpctblock,
                                Payload::kGetblocktxn, Payload::kFilterload})
            hooks.inbound(type) += [this](const Moment&, const Peer& peer, const auto&) { spoke(peer); };
        // Core asks each peer that claims to have blocks for headers: an answer without any is no word.
        hooks.inbound(Payload::kHeaders) += [this](const Moment&, const Peer& peer, const auto& message) {
            if (message.payload().headers().headers_size() > 0) spoke(peer);
        };
        hooks.inbound(Payload::kInv) += [this](const Moment&, const Peer& peer, const auto& message) {
            if (message.payload().inv().items_size() > 0) spoke(peer);
        };
        hooks.gap += [this](const Moment&) { // it may have spoken meanwhile
            subjects_.clear();
            heard_.clear();
        };
    }

private:
    struct State {
        double announced = 0;
        Time listened = 0; ///< to these, by all of its connections
        Time since = 0;
    };

    void spoke(const Peer& peer)
    {
        if (State* state = subjects_.find(peer)) *state = {};
    }

    void announced(const Moment& at, const Peer& peer, int items)
    {
        State& state = subjects_[peer];
        Time& heard = heard_[peer]; // 0: nothing yet
        const Time from = heard == 0 ? peer.complete_since : heard;
        if (state.since == 0) state.since = from;
        state.announced += items;
        state.listened += at.time - from;
        heard = at.time;
        alarms().judge(at, Subject::of(peer),
                       {{"transactions announced to it", state.announced, threshold(kAnnounced)},
                        {"seconds", static_cast<double>(state.listened) / kSecond, threshold(kDuration)}},
                       state.since);
    }

    PerSubject<State> subjects_;
    PerPeer<Time> heard_; ///< when something was last announced to this connection
};

} // namespace

extern const Definition kSpyPeer = {
    .kind = "spy_peer",
    .text = "listens to transaction announcements, asks for nothing and gives nothing",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 80,
    .parameters = kParameters,
    .make = make_detector<SpyPeer>,
};

} // namespace peer_observer::detector
