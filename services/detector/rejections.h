// What Bitcoin Core's reasons for rejecting a transaction say about the peer that sent it.
#pragma once

#include "proto/mempool.pb.h"

#include <string_view>

namespace peer_observer::detector {

inline bool lacks_parents(const proto::MempoolRejected& rejected)
{
    return rejected.reason() == "bad-txns-inputs-missingorspent";
}

/// The node had it already: two peers have sent it.
inline bool is_known(const proto::MempoolRejected& rejected)
{
    const std::string_view reason = rejected.reason();
    return reason.starts_with("txn-already") || reason.starts_with("txn-same-nonwitness");
}

} // namespace peer_observer::detector
