// Which events a detector wants: each is passed to those that asked for its kind, and to no others.
#pragma once

#include "proto/addr_connectivity.pb.h"
#include "proto/addrman.pb.h"
#include "proto/connection.pb.h"
#include "proto/mempool.pb.h"
#include "proto/message.pb.h"
#include "proto/orphan.pb.h"
#include "proto/rpc_network.pb.h"
#include "proto/validation.pb.h"
#include "services/detector/core.h"
#include "services/detector/latest_transactions.h"
#include "services/detector/moment.h"
#include "services/detector/node_pace.h"
#include "services/detector/peer.h"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::detector {

/// Handlers of one sort of event, called in the order in which they were added.
template <typename... Arguments>
class Hook {
public:
    using Handler = std::function<void(const Moment&, Arguments...)>;

    void operator+=(Handler handler) { handlers_.push_back(std::move(handler)); }
    bool empty() const { return handlers_.empty(); }
    void call(const Moment& at, Arguments... arguments) const
    {
        for (const auto& handler : handlers_)
            handler(at, arguments...);
    }

private:
    std::vector<Handler> handlers_;
};

class Hooks {
public:
    using Payload = proto::MessagePayload;
    using MessageHook = Hook<const Peer&, const proto::PeerMessage&>;

    /// Messages whose payload is of this type. PAYLOAD_NOT_SET: those that could not be decoded.
    MessageHook& inbound(Payload::PayloadCase type) { return inbound_[type]; }
    MessageHook& outbound(Payload::PayloadCase type) { return outbound_[type]; }

    /// Every message, before the hook of its type.
    MessageHook received;
    MessageHook sent;
    Hook<const Peer&, const proto::OpenedConnection&> opened;
    Hook<const Peer&> closed;
    Hook<const Peer&> evicted;
    Hook<const Peer&, const proto::MisbehavingConnection&> misbehaving;
    Hook<const Peer&, const proto::ProcessedMessage&> processed;
    Hook<const proto::BlockConnected&> block_connected;
    /// The peer that sent the transaction; of `replaced`, what replaces.
    Hook<const Peer&, const proto::MempoolRejected&> rejected;
    Hook<const Peer&, const proto::MempoolAdded&> accepted;
    Hook<const Peer&, const proto::MempoolReplaced&> replaced;
    Hook<const Peer&, const proto::OrphanChange&> orphan_added;
    Hook<const proto::AddrManAttemptAdd&> addrman_attempt;
    /// From the publisher of addr-connectivity, which sees no other events.
    Hook<const proto::AnnouncerReachability&> announcer;
    /// From the publisher of rpc-extractor, likewise.
    Hook<const proto::PeerInfoList&> peer_list;
    /// The connection is over, or so old that there is no room to remember it.
    Hook<const Peer&> forgotten;
    /// Each second of event time in which something happened, before it.
    Hook<> tick;
    /// Something is missing before the next event: what has not been seen may have happened.
    Hook<> gap;

    /// That peers who are not left out have sent.
    LatestTransactions transactions;
    /// Of the messages of peers who are not left out.
    NodePace pace;
    /// Of the observed node's release, once it has said which that is.
    CoreConstants core;

    bool knows_systems() const { return systems_ != nullptr; }
    /// `AS64500` of an address, by the operator's asmap; empty where it is not known.
    std::string as_of(std::string_view host) const { return systems_ == nullptr ? "" : as_text(systems_->find(host)); }

private:
    friend class NodeWatch;
    const asmap::AutonomousSystems* systems_ = nullptr;
    static constexpr std::size_t kTypes = 64;

    std::array<MessageHook, kTypes> inbound_;
    std::array<MessageHook, kTypes> outbound_;
};

} // namespace peer_observer::detector
