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

/// It lost against another one that spends the same coins: in a storm of replacements the peer that is first with most
/// brings many of these (PreChecks(), ReplacementChecks() in validation.cpp).
inline bool is_lost_replacement(const proto::MempoolRejected& rejected)
{
    const std::string_view reason = rejected.reason();
    return reason == "insufficient fee" || reason == "replacement-failed" ||
           reason == "bip125-replacement-disallowed" || reason == "txn-mempool-conflict";
}

} // namespace peer_observer::detector
