// Addresses that peers announce, and which of these messages answer the node's getaddr.
#pragma once

#include "services/detector/per_peer.h"

#include <utility>

namespace peer_observer::detector {

constexpr int kMostRelayed = 10; ///< addresses in a message that Core passes on (net_processing.cpp)

/// `handler` is called with each message addr or addrv2: (const Moment&, const Peer&, const proto::Addresses&).
template <typename Handler>
void on_addresses(Hooks& hooks, Handler handler)
{
    using Payload = proto::MessagePayload;
    hooks.inbound(Payload::kAddr) += [handler](const Moment& at, const Peer& peer, const auto& message) {
        handler(at, peer, message.payload().addr());
    };
    hooks.inbound(Payload::kAddrv2) += [handler](const Moment& at, const Peer& peer, const auto& message) {
        handler(at, peer, message.payload().addrv2());
    };
}

class GetaddrAnswers {
public:
    explicit GetaddrAnswers(Hooks& hooks) : is_asked_{hooks}
    {
        hooks.outbound(proto::MessagePayload::kGetaddr) +=
            [this](const Moment&, const Peer& peer, const auto&) { is_asked_[peer] = true; };
        hooks.gap += [this](const Moment&) { // they may have been asked meanwhile
            for (auto& [id, is_asked] : is_asked_)
                is_asked = true;
        };
    }

    /// Whether these addresses are the answer. Call it once for each message: a peer answers once.
    bool take(const Peer& peer, const proto::Addresses& addresses)
    {
        if (is_asked_.find(peer) == nullptr) is_asked_[peer] = !peer.from_start;
        return addresses.addresses_size() > kMostRelayed && std::exchange(is_asked_[peer], false);
    }

private:
    PerPeer<bool> is_asked_; ///< and has not answered
};

} // namespace peer_observer::detector
