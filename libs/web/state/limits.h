// How much this service remembers. Memory follows from these: nothing that a peer sends grows beyond them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace peer_observer::web {

inline constexpr std::uint64_t kSecond = 1'000'000'000;

inline constexpr std::size_t kMaxNodes = 256;
inline constexpr std::size_t kMaxPublishers = 1024;
inline constexpr std::size_t kMaxPeers = 2000;     ///< connected, of a node
inline constexpr std::size_t kMaxGonePeers = 1000; ///< of a node
inline constexpr std::uint64_t kGoneNs = 3600 * kSecond;
/// Core disconnects a peer from which nothing came for TIMEOUT_INTERVAL, 20 minutes (net.cpp, InactivityCheck()), and
/// pings every two. A peer that is silent for longer is gone, and its end was missed.
inline constexpr std::uint64_t kSilentPeerNs = 21 * (60 * kSecond);

inline constexpr std::size_t kPeerEvents = 400;
inline constexpr std::size_t kPeerEventBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kNodeEventBytes = std::size_t{64} << 20U; ///< of all its peers
inline constexpr std::size_t kFeedEvents = 10'000;
inline constexpr std::size_t kFeedEventBytes = std::size_t{16} << 20U;

inline constexpr std::size_t kMessageTypes = 48; ///< of a peer, with counts of their own
inline constexpr std::size_t kMisbehaviours = 8; ///< of a peer, with their reasons

inline constexpr std::size_t kMaxBlocks = 500; ///< that a node connected; and as many that peers only announced
inline constexpr std::size_t kBlockAnnouncements = 256; ///< of a node
inline constexpr std::size_t kMaxTransactions = 50'000;
inline constexpr std::size_t kTransactionAnnouncements = 32; ///< of a node
inline constexpr std::size_t kNodesOfInventory = 64;         ///< of a block or transaction

inline constexpr std::size_t kMaxAddresses = 200'000;
inline constexpr std::size_t kLatestChecks = 100;
inline constexpr std::size_t kMaxAnomalies = 1000;
inline constexpr std::size_t kMaxAnomalyBytes = std::size_t{64} << 10U; ///< of a report
inline constexpr std::size_t kMaxLosses = 200;

} // namespace peer_observer::web
