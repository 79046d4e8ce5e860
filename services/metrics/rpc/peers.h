// The metrics peerobserver_rpc_peer_info_*.
#pragma once

#include "proto/rpc_network.pb.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/series/snapshot.h"

namespace peer_observer::metrics {

void show_peers(const proto::PeerInfoList& peers, const IpLists& lists, Snapshot& gauges);

} // namespace peer_observer::metrics
