// fake_client: a peer says that it is Bitcoin Core, and does what Bitcoin Core never does.
#include "services/detector/alarms.h"
#include "services/detector/core.h"
#include "services/detector/definition.h"
#include "services/detector/inventory.h"
#include "services/detector/per_peer.h"

#include <array>
#include <bit>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kContradictions };
constexpr std::array kParameters = {
    Parameter{"contradictions", 2, "different things that the claimed release never does",
              "chosen: one may be a patch or a bug"},
};

constexpr std::int32_t kProtocolVersion = 70016; // of Core since 0.21
constexpr std::uint64_t kNodeWitness = 1U << 3U; // set by Core since 0.16

class FakeClient : public Detector {
public:
    FakeClient(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, peers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.inbound(Payload::kVersion) += [this](const Moment& at, const Peer& peer, const auto& message) {
            said_hello(at, peer, message.payload().version());
        };
        hooks.inbound(Payload::kWtxidrelay) += [this](const Moment&, const Peer& peer, const auto&) {
            if (State* state = peers_.find(peer)) state->wtxidrelay = true;
        };
        hooks.inbound(Payload::kSendaddrv2) += [this](const Moment&, const Peer& peer, const auto&) {
            if (State* state = peers_.find(peer)) state->sendaddrv2 = true;
        };
        hooks.inbound(Payload::kVerack) += [this](const Moment& at, const Peer& peer, const auto&) {
            State* state = peers_.find(peer);
            if (state == nullptr) return;
            if (!state->wtxidrelay) note(at, peer, *state, kNoWtxidrelay);
            if (!state->sendaddrv2) note(at, peer, *state, kNoSendaddrv2);
        };
        hooks.inbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            State* state = peers_.find(peer);
            if (state == nullptr || !state->wtxidrelay) return;
            for (const auto& item : message.payload().inv().items())
                if (item.type() == proto::InventoryItem::TX) return note(at, peer, *state, kTxidsAfterWtxidrelay);
        };
        hooks.inbound(Payload::kPing) += [this](const Moment& at, const Peer& peer, const auto& message) {
            State* state = peers_.find(peer);
            if (state != nullptr && !message.payload().ping().has_nonce()) note(at, peer, *state, kPingWithoutNonce);
        };
        const auto& messages = *Payload::descriptor();
        for (int i = 0; i < messages.field_count(); ++i)
            hooks.inbound(static_cast<Payload::PayloadCase>(messages.field(i)->number())) +=
                [this](const Moment& at, const Peer& peer, const auto& message) {
                    State* state = peers_.find(peer);
                    if (state != nullptr && message.has_trailing_bytes()) note(at, peer, *state, kTrailingBytes);
                };
        // What was the handshake's order if a part of it is missing?
        hooks.gap += [this](const Moment&) { peers_.clear(); };
    }

private:
    enum Contradiction : unsigned {
        kOldProtocol = 1U << 0U,
        kNoWitness = 1U << 1U,
        kNoRelayFlag = 1U << 2U,
        kNoWtxidrelay = 1U << 3U,
        kNoSendaddrv2 = 1U << 4U,
        kTxidsAfterWtxidrelay = 1U << 5U,
        kPingWithoutNonce = 1U << 6U,
        kTrailingBytes = 1U << 7U,
    };
    struct State {
        unsigned contradictions = 0;
        bool wtxidrelay = false;
        bool sendaddrv2 = false;
    };

    /// Only those that claim to be 0.21 or later are watched from here on.
    void said_hello(const Moment& at, const Peer& peer, const proto::Version& version)
    {
        constexpr int kFirstRelease = 21;
        const auto release = core_release(version.user_agent());
        if (!release || *release < kFirstRelease) return;
        State& state = peers_[peer];
        if (version.version() < kProtocolVersion) note(at, peer, state, kOldProtocol);
        if ((version.services() & kNodeWitness) == 0) note(at, peer, state, kNoWitness);
        if (!version.has_relay()) note(at, peer, state, kNoRelayFlag);
    }

    void note(const Moment& at, const Peer& peer, State& state, Contradiction contradiction)
    {
        if ((state.contradictions & contradiction) != 0) return;
        state.contradictions |= contradiction;
        alarms().judge(
            at, Subject::of(peer),
            {{"contradictions", static_cast<double>(std::popcount(state.contradictions)), threshold(kContradictions)},
             {"which, as bits", static_cast<double>(state.contradictions)}});
    }

    PerPeer<State> peers_;
};

} // namespace

extern const Definition kFakeClient = {
    .kind = "fake_client",
    .text = "says that it is Bitcoin Core and does what Bitcoin Core never does",
    .severity = proto::AnomalyReport::INFO,
    .confidence_percent = 75,
    .parameters = kParameters,
    .make = make_detector<FakeClient>,
};

} // namespace peer_observer::detector
