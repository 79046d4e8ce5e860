// Whether a node has told a peer of a block since the peer asked for headers.
#pragma once

#include "proto/p2p.pb.h"
#include "services/detector/inventory.h"
#include "services/detector/latest_things.h"

#include <ranges>
#include <utility>

namespace peer_observer::detector {

/// A peer that cannot use the block (its chain is another one) asks for headers each time that it hears of one, always
/// with the same locator, and gets the same answer (MaybeSendGetHeaders(), net_processing.cpp).
class News {
public:
    /// A message that the node sends. Only what the peer has not been told before is news, so that asking brings none.
    void sent(const proto::MessagePayload& payload)
    {
        using Payload = proto::MessagePayload;
        switch (payload.payload_case()) {
        case Payload::kInv:
            for (const auto& item : payload.inv().items())
                if (is_block(item)) tell(item.hash());
            break;
        case Payload::kCmpctblock:
            tell(payload.cmpctblock().header().hash());
            break;
        case Payload::kHeaders: // an announcement, or an answer: either way it knows these now
            if (const auto& headers = payload.headers().headers(); !headers.empty()) tell(headers.rbegin()->hash());
            break;
        default:
            break;
        }
    }
    /// Whether there is some that has not been taken.
    bool take() { return std::exchange(has_some_, false); }

private:
    void tell(const std::string& hash) { has_some_ = !told_.insert(short_hash(hash)) || has_some_; }

    LatestThings<64> told_;
    bool has_some_ = false;
};

} // namespace peer_observer::detector
