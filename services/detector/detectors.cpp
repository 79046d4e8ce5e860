#include "services/detector/detectors.h"

#include "services/detector/settings.h"

#include <array>

namespace peer_observer::detector {

std::span<const Definition* const> all_detectors()
{
    static constexpr auto kAll = std::to_array<const Definition*>({
        &kAddrFlood,
        &kAddrJunk,
        &kConnectionChurn,
        &kSybil,
        &kSpyPeer,
        &kTxProbe,
        &kInvFlood,
        &kInvBacklog,
        &kPingFlood,
        &kBlockStall,
        &kInvalidBlock,
        &kHeaderSpam,
        &kOrphanFlood,
        &kTxRejectSpam,
        &kEvictionPressure,
        &kEclipsePreparation,
        &kTimeSkew,
        &kFakeClient,
        &kCpuDos,
        &kInboundDrop,
        &kGetaddrFingerprint,
    });
    return kAll;
}

} // namespace peer_observer::detector
