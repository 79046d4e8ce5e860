#include "services/log-extractor/table.h"

#include <array>

namespace peer_observer::log_extractor {
namespace {

// clang-format off: a line each where it fits
constexpr auto kTable = std::to_array<Row>({
    // init/common.cpp, init.cpp, logging.cpp
    {"node_started", "Bitcoin Core version {version}", "Bitcoin Core version v31.0.0 (release build)"},
    {"node_stopped", "Shutdown done", "Shutdown done"},
    {"node_stopped", "Shutdown: done", "Shutdown: done"},
    {"log_suppressed", "Excessive logging detected from [[./]]{source_file}:{source_line} ({function}): >{_}",
     "Excessive logging detected from ./net.cpp:1819 (CreateNodeFromAcceptedSocket): >1048576 bytes logged during the last time window of 3600s. "
     "Suppressing logging to disk from this source location until time window resets."},
    {"log_resumed", "Restarting logging from [[./]]{source_file}:{source_line} ({function}): {dropped_bytes} bytes were dropped{_}",
     "Restarting logging from ./net.cpp:1819 (CreateNodeFromAcceptedSocket): 4242 bytes were dropped during the last 3600s."},

    // validation.cpp, validationinterface.cpp, net_processing.cpp
    {"tip_updated",
     "UpdateTip: new best={hash} height={height} version=0x{version_hex} log2_work={log2_work} tx={transaction_count} date='{block_time}' "
     "progress={verification_progress} cache={cache_mebibytes}MiB({cache_coin_count}txo)[[ warning='{warning*}']]",
     "UpdateTip: new best=H height=931000 version=0x20c0e000 log2_work=95.812345 tx=1301234567 date='2026-01-02T03:03:58Z' progress=1.000000 "
     "cache=412.7MiB(3012345txo) warning='Unknown new rules activated (versionbit 28)'"},
    {"tip_updated",
     "[background validation] {is_background!}UpdateTip: new best={hash} height={height} version=0x{version_hex} log2_work={log2_work} "
     "tx={transaction_count} date='{block_time}' progress={verification_progress} cache={cache_mebibytes}MiB({cache_coin_count}txo)[[ warning='{warning*}']]",
     "[background validation] UpdateTip: new best=H height=2000 version=0x20000000 log2_work=12.000702 tx=2001 date='2026-01-02T03:03:58Z' "
     "progress=0.500000 cache=0.3MiB(1999txo)"},
    {"header_seen", "Saw new header hash={hash}[[ height={height}]][[ {@peer}]]", "Saw new header hash=H height=931000 peer=17, peeraddr=[2001:db8::5]:8333"},
    {"header_seen", "Saw new cmpctblock header hash={hash}[[ height={height}]][[ {@peer}]]{via_compact_block!}", "Saw new cmpctblock header hash=H height=931000 peer=17"},
    {"block_checked", "BlockChecked: block hash={hash} state=Valid{is_valid!}", "BlockChecked: block hash=H state=Valid"},
    {"block_checked", "BlockChecked: block hash={hash} state={reject_reason}, {debug_message}",
     "BlockChecked: block hash=H state=bad-cb-amount, coinbase pays too much (actual=312600000 vs limit=312500000)"},
    {"block_checked", "BlockChecked: block hash={hash} state={reject_reason}", "BlockChecked: block hash=H state=high-hash"},
    {"block_connected", "BlockConnected: block hash={hash} block height={height}", "BlockConnected: block hash=H block height=931000"},
    {"block_disconnected", "BlockDisconnected: block hash={hash} block height={height}", "BlockDisconnected: block hash=H block height=931000"},
    {"pow_valid_block", "NewPoWValidBlock: block hash={hash}", "NewPoWValidBlock: block hash=H"},
    {"block_invalid", "InvalidChainFound: invalid block={hash} height={height} {_}",
     "InvalidChainFound: invalid block=H height=931000 log2_work=95.812345 date=2026-01-02T03:03:58Z"},
    {"block_invalid", "ConnectTip: ConnectBlock {hash} failed, {reject_reason}, {debug_message}", "ConnectTip: ConnectBlock H failed, bad-blk-sigops, too many sigops"},
    {"block_invalid", "ConnectTip: ConnectBlock {hash} failed, {reject_reason}", "ConnectTip: ConnectBlock H failed, bad-txns-BIP30"},
    {"block_invalid", "Block validation error: {reject_reason}, {debug_message}",
     "Block validation error: block-script-verify-flag-failed (Signature must be zero for failed CHECK(MULTI)SIG operation), input 0 of H (wtxid H), spending H:0"},
    {"block_invalid", "Block validation error: {reject_reason}", "Block validation error: bad-txns-inputs-missingorspent"},
    {"block_invalid", "ProcessNewBlock: AcceptBlock FAILED ({reject_reason}, {debug_message*})", "ProcessNewBlock: AcceptBlock FAILED (bad-cb-height, block height mismatch in coinbase)"},
    {"block_invalid", "ProcessNewBlock: AcceptBlock FAILED ({reject_reason*})", "ProcessNewBlock: AcceptBlock FAILED (prev-blk-not-found)"},
    {"block_invalid", "AcceptBlock: {reject_reason}, {debug_message}", "AcceptBlock: bad-txns-nonfinal, non-final transaction"},
    {"block_invalid", "AcceptBlock: {reject_reason}", "AcceptBlock: bad-cb-height"},
    {"header_invalid", "AcceptBlockHeader: block {hash} is marked invalid{reject_reason=duplicate-invalid}", "AcceptBlockHeader: block H is marked invalid"},
    {"header_invalid", "header {hash} has prev block not found: {previous_hash}{reject_reason=prev-blk-not-found}", "header H has prev block not found: H"},
    {"header_invalid", "header {hash} has prev block invalid: {previous_hash}{reject_reason=bad-prevblk}", "header H has prev block invalid: H"},
    {"header_invalid", "AcceptBlockHeader: Consensus::{_}: {hash}, {reject_reason}, {debug_message}",
     "AcceptBlockHeader: Consensus::ContextualCheckBlockHeader: H, time-too-old, block's timestamp is too early"},
    {"header_invalid", "AcceptBlockHeader: Consensus::{_}: {hash}, {reject_reason}", "AcceptBlockHeader: Consensus::CheckBlockHeader: H, high-hash"},
    {"header_invalid", "AcceptBlockHeader: not adding new block header {hash}, missing anti-dos proof-of-work validation{reject_reason=too-little-chainwork}",
     "AcceptBlockHeader: not adding new block header H, missing anti-dos proof-of-work validation"},
    {"block_mutated", "Block mutated: {reject_reason}, {debug_message}", "Block mutated: bad-txnmrklroot, hashMerkleRoot mismatch"},
    {"block_mutated", "Block mutated: {reject_reason}", "Block mutated: bad-witness-nonce-size"},
    {"mutated_block_received", "Received mutated block from {@peer}", "Received mutated block from peer=17"},

    // blockencodings.cpp, net_processing.cpp
    {"compact_block_received", "Initializing PartiallyDownloadedBlock for block {hash} using a cmpctblock of {size_bytes} bytes",
     "Initializing PartiallyDownloadedBlock for block H using a cmpctblock of 14321 bytes"},
    {"compact_block_initialized", "Initialized PartiallyDownloadedBlock for block {hash} using a cmpctblock of [[size ]]{size_bytes}[[ bytes]]",
     "Initialized PartiallyDownloadedBlock for block H using a cmpctblock of 14321 bytes"},
    {"compact_block_reconstructed",
     "Successfully reconstructed block {hash} with {prefilled_count} txn prefilled, {mempool_count} txn from mempool (incl at least {extra_pool_count} from extra pool) "
     "and {requested_count} txn [[({requested_bytes} bytes) ]]requested",
     "Successfully reconstructed block H with 1 txn prefilled, 3210 txn from mempool (incl at least 4 from extra pool) and 2 txn (731 bytes) requested"},
    {"compact_block_transaction_missed", "Reconstructed block {hash} required tx {txid}", "Reconstructed block H required tx H"},
    {"block_transactions_served", "Peer {peer_id} sent us a GETBLOCKTXN for block {hash}, sending a BLOCKTXN with {transaction_count} txns. ({size_bytes} bytes)",
     "Peer 17 sent us a GETBLOCKTXN for block H, sending a BLOCKTXN with 3 txns. (812 bytes)"},
    {"compact_block_failed", "Peer {peer_id} sent us a compact block but it {reason}",
     "Peer 17 sent us a compact block but it failed to reconstruct, waiting on first download to complete"},
    {"compact_block_failed", "Peer {peer_id} sent us block transactions for block {reason}", "Peer 17 sent us block transactions for block we weren't expecting"},
    {"compact_block_failed", "Peer {peer_id} sent compact block transactions {reason}", "Peer 17 sent compact block transactions multiple times"},
    {"compact_block_failed", "Peer sent us compact block {reason}", "Peer sent us compact block we were already syncing!"},
    {"compact_block_failed", "Ignoring low-work compact block from peer {peer_id}{reason=low-work}", "Ignoring low-work compact block from peer 17"},

    // net_processing.cpp: SendMessages, CheckForStaleTipAndEvictPeers
    {"block_download_stalled", "Peer is stalling block download, disconnecting {@peer}", "Peer is stalling block download, disconnecting peer=21"},
    {"block_download_stalled", "Peer={peer_id} is stalling block download, disconnecting", "Peer=21 is stalling block download, disconnecting"},
    {"block_download_timeout", "Timeout downloading block {hash}, disconnecting {@peer}", "Timeout downloading block H, disconnecting peer=17, peeraddr=203.0.113.7:8333"},
    {"block_download_timeout", "Timeout downloading block {hash} from peer={peer_id}, disconnecting", "Timeout downloading block H from peer=17, disconnecting"},
    {"headers_download_timeout", "Timeout downloading headers, disconnecting {@peer}", "Timeout downloading headers, disconnecting peer=17"},
    {"headers_download_timeout", "Timeout downloading headers from noban peer, not disconnecting {@peer}{is_kept!}",
     "Timeout downloading headers from noban peer, not disconnecting peer=17"},
    {"headers_download_timeout", "Timeout downloading headers from peer={peer_id}, disconnecting", "Timeout downloading headers from peer=17, disconnecting"},
    {"stale_tip", "Potential stale tip detected, will try using extra outbound peer (last tip update: {age_s} seconds ago)",
     "Potential stale tip detected, will try using extra outbound peer (last tip update: 1800 seconds ago)"},

    // net.cpp, netbase.cpp, net_processing.cpp
    {"handshake_failed", "V2 handshake timeout, disconnecting {@peer}{reason=V2 handshake timeout}", "V2 handshake timeout, disconnecting peer=5"},
    {"handshake_failed", "version handshake timeout, disconnecting {@peer}{reason=version handshake timeout}", "version handshake timeout, disconnecting peer=5"},
    {"v2_downgrade", "retrying with v1 transport protocol for {@peer}", "retrying with v1 transport protocol for peer=5"},
    {"transport_error", "V2 transport error: {reason*}, peer={peer_id}", "V2 transport error: packet decryption failure (2 bytes), peer=5"},
    {"transport_error", "V2 transport error: {reason}", "V2 transport error: V1 peer with wrong MessageStart f9beb4d9"},
    {"transport_error", "Header error: {reason*}, peer={peer_id}", "Header error: Invalid message type (bad, 2 bytes), peer=5"},
    {"connection_failed", "connect() to {address~} failed after wait: {reason}", "connect() to 192.0.2.9:8333 failed after wait: Connection refused (111)"},
    {"connection_failed", "connect() to {address~} failed: {reason}", "connect() to [2001:db8::9]:8333 failed: Network is unreachable (101)"},
    {"connection_failed", "connection attempt to {address~} timed out{reason=timed out}", "connection attempt to 192.0.2.9:8333 timed out"},
    {"connection_failed", "Socks5() connect to {address~} failed: {reason}", "Socks5() connect to example.onion:8333 failed: host unreachable"},
    {"connection_dropped", "connection from {address~} dropped ({reason*})", "connection from 203.0.113.7:50124 dropped (banned)"},
    {"connection_dropped", "connection from {address~} dropped: {reason}", "connection from 203.0.113.7:50124 dropped: not accepting new connections"},
    {"connection_dropped", "failed to find an eviction candidate - connection dropped ({reason})", "failed to find an eviction candidate - connection dropped (full)"},
    {"misbehaving", "Misbehaving: peer={peer_id}[[: {reason}]]", "Misbehaving: peer=12: headers message size = 2001"},
    {"misbehaviour_judged", "Not punishing noban peer {peer_id}!{reason=noban}", "Not punishing noban peer 12!"},
    {"misbehaviour_judged", "Not punishing manually connected peer {peer_id}!{reason=manual}", "Not punishing manually connected peer 12!"},
    {"misbehaviour_judged", "Warning: not punishing noban peer {peer_id}!{reason=noban}", "Warning: not punishing noban peer 12!"},
    {"misbehaviour_judged", "Warning: not punishing manually connected peer {peer_id}!{reason=manual}", "Warning: not punishing manually connected peer 12!"},
    {"misbehaviour_judged", "Warning: disconnecting but not discouraging {_}peer {peer_id}!{reason=disconnected}", "Warning: disconnecting but not discouraging local peer 12!"},
    {"misbehaviour_judged", "Disconnecting and discouraging peer {peer_id}!{reason=discouraged}", "Disconnecting and discouraging peer 12!"},

    // addrman.cpp, addrdb.cpp, net.cpp: DumpAddresses
    {"addrman_saved", "Flushed {address_count} addresses to peers.dat [[ ]]{duration_ms}ms", "Flushed 65000 addresses to peers.dat 41ms"},
    {"addrman_loaded", "Loaded {address_count} addresses from peers.dat [[ ]]{duration_ms}ms", "Loaded 65000 addresses from peers.dat  88ms"},
    {"addrman_lost", "addrman lost {new_count} new and {tried_count} tried addresses due to collisions or invalid addresses",
     "addrman lost 12 new and 3 tried addresses due to collisions or invalid addresses"},
    {"addrman_evicted", "Removed {address~} from new[{_}", "Removed 192.0.2.9:8333 from new[12][34]"},
    {"addrman_evicted", "Moved {address~} from tried[{_}", "Moved 192.0.2.9:8333 from tried[12][34] to new[56][7] to make space"},
    {"addrman_evicted", "Replacing {address~} with {replaced_by~} in tried table", "Replacing 192.0.2.9:8333 with [2001:db8::9]:8333 in tried table"},
    {"addrman_evicted", "Unable to test; replacing {address~} with {replaced_by~} in tried table anyway",
     "Unable to test; replacing 192.0.2.9:8333 with 192.0.2.10:8333 in tried table anyway"},

    // txmempool.cpp, validation.cpp
    {"mempool_limited", "Removed {transaction_count} txn, rolling minimum fee bumped to {min_feerate_btc_per_kvb} BTC/kvB",
     "Removed 7 txn, rolling minimum fee bumped to 0.00001234 BTC/kvB"},
    {"mempool_expired", "Expired {transaction_count} transactions from the memory pool", "Expired 2 transactions from the memory pool"},

    // net.cpp, net_processing.cpp: private broadcast
    {"private_broadcast", "Requesting {_} new connections due to txid={txid}, wtxid={wtxid}", "Requesting 3 new connections due to txid=H, wtxid=H"},
    {"private_broadcast", "Ignoring unnecessary request to schedule an already scheduled transaction: txid={txid}, wtxid={wtxid}",
     "Ignoring unnecessary request to schedule an already scheduled transaction: txid=H, wtxid=H"},
    {"private_broadcast", "Socket connected to {address~}{_}", "Socket connected to example.onion:8333 through the proxy at 127.0.0.1:9050; remaining connections to open: 2"},
    {"private_broadcast", "Failed to connect to {address~}, will {_}", "Failed to connect to 192.0.2.9:8333, will retry to a different address; remaining connections to open: 2"},
    {"private_broadcast", "P2P handshake completed, sending INV for txid={txid}[[, wtxid={wtxid}]], {@peer}", "P2P handshake completed, sending INV for txid=H, wtxid=H, peer=17"},
    {"private_broadcast", "Got a PONG (the transaction will probably reach the network), marking for disconnect, {@peer}",
     "Got a PONG (the transaction will probably reach the network), marking for disconnect, peer=17, peeraddr=192.0.2.9:8333"},
    {"private_broadcast", "Received our privately broadcast transaction (txid={txid}) from the network from {@peer}; stopping private broadcast attempts",
     "Received our privately broadcast transaction (txid=H) from the network from peer=17, peeraddr=192.0.2.9:8333; stopping private broadcast attempts"},
    {"private_broadcast", "Reattempting broadcast of stale txid={txid} wtxid={wtxid}", "Reattempting broadcast of stale txid=H wtxid=H"},
    {"private_broadcast", "Giving up broadcast attempts for txid={txid} wtxid={wtxid}: {_}", "Giving up broadcast attempts for txid=H wtxid=H: txn-already-known"},
    {"private_broadcast", "Ignoring incoming message '{_*}', {@peer}", "Ignoring incoming message 'addrv2', peer=17"},
    {"private_broadcast", "Omitting send of message '{_*}', {@peer}", "Omitting send of message 'sendcmpct', peer=17"},
    {"private_broadcast", "Disconnecting: {_*}, {@peer}", "Disconnecting: got GETDATA without sending an INV, peer=17"},

    // Every other reason to disconnect (CNode::DisconnectMsg, net.cpp)
    {"peer_disconnected", "connected to self at {address~}, disconnecting{reason=connected to self}", "connected to self at 192.0.2.9:8333, disconnecting"},
    {"peer_disconnected", "disconnecting extra block-relay-only peer={peer_id} ({reason*})", "disconnecting extra block-relay-only peer=9 (last block received at time 1767323045)"},
    {"peer_disconnected", "disconnecting extra outbound peer={peer_id} ({reason*})", "disconnecting extra outbound peer=9 (last block announcement received at time 1767323045)"},
    {"peer_disconnected", "socket closed for peer={peer_id}{reason=socket closed}", "socket closed for peer=9"},
    {"peer_disconnected", "{reason*}, disconnecting {@peer}[[: {error}]]", "socket recv error, disconnecting peer=3, peeraddr=192.0.2.4:8333: Connection reset by peer (104)"},
    {"peer_disconnected", "{reason*}; disconnecting {@peer}", "feeler connection completed; disconnecting peer=9"},
});
// clang-format on

} // namespace

std::span<const Row> table() { return kTable; }

} // namespace peer_observer::log_extractor
