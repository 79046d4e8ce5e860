// One definition a detector: services/detector/detectors/<kind>.cpp. detectors.cpp lists them.
#pragma once

#include "services/detector/definition.h"

namespace peer_observer::detector {

extern const Definition kAddrFlood;
extern const Definition kAddrJunk;
extern const Definition kConnectionChurn;
extern const Definition kSybil;
extern const Definition kSpyPeer;
extern const Definition kTxProbe;
extern const Definition kInvFlood;
extern const Definition kInvBacklog;
extern const Definition kPingFlood;
extern const Definition kBlockStall;
extern const Definition kInvalidBlock;
extern const Definition kHeaderSpam;
extern const Definition kOrphanFlood;
extern const Definition kTxRejectSpam;
extern const Definition kEvictionPressure;
extern const Definition kEclipsePreparation;
extern const Definition kTimeSkew;
extern const Definition kFakeClient;
extern const Definition kCpuDos;
extern const Definition kInboundDrop;
extern const Definition kGetaddrFingerprint;

} // namespace peer_observer::detector
