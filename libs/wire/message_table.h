// The message types that can be decoded. Internal: users of the library include decode.h.
#pragma once

#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace peer_observer::wire {

struct MessageType {
    std::string_view name;
    std::uint32_t field; ///< arm of MessagePayload
    Decoder* decode;
    /// The least in which there is something of it; raw where the detail makes no difference.
    TxDetail least_detail = TxDetail::raw;
};

/// Sorted by name.
inline constexpr auto kMessageTypes = [] {
    using Payload = proto::MessagePayload;
    return std::to_array<MessageType>({
        {"addr", Payload::kAddrFieldNumber, decode_addr},
        {"addrv2", Payload::kAddrv2FieldNumber, decode_addrv2},
        {"alert", Payload::kAlertFieldNumber, decode_alert},
        {"block", Payload::kBlockFieldNumber, decode_block, TxDetail::counts},
        {"blocktxn", Payload::kBlocktxnFieldNumber, decode_blocktxn, TxDetail::counts},
        {"cfcheckpt", Payload::kCfcheckptFieldNumber, decode_cfcheckpt},
        {"cfheaders", Payload::kCfheadersFieldNumber, decode_cfheaders},
        {"cfilter", Payload::kCfilterFieldNumber, decode_cfilter},
        {"cmpctblock", Payload::kCmpctblockFieldNumber, decode_cmpctblock, TxDetail::counts},
        {"feature", Payload::kFeatureFieldNumber, decode_feature},
        {"feefilter", Payload::kFeefilterFieldNumber, decode_feefilter},
        {"filteradd", Payload::kFilteraddFieldNumber, decode_filteradd},
        {"filterclear", Payload::kFilterclearFieldNumber, decode_empty},
        {"filterload", Payload::kFilterloadFieldNumber, decode_filterload},
        {"getaddr", Payload::kGetaddrFieldNumber, decode_empty},
        {"getblocks", Payload::kGetblocksFieldNumber, decode_block_locator},
        {"getblocktxn", Payload::kGetblocktxnFieldNumber, decode_getblocktxn},
        {"getcfcheckpt", Payload::kGetcfcheckptFieldNumber, decode_getcfcheckpt},
        {"getcfheaders", Payload::kGetcfheadersFieldNumber, decode_getcfilters},
        {"getcfilters", Payload::kGetcfiltersFieldNumber, decode_getcfilters},
        {"getdata", Payload::kGetdataFieldNumber, decode_inventory},
        {"getheaders", Payload::kGetheadersFieldNumber, decode_block_locator},
        {"headers", Payload::kHeadersFieldNumber, decode_headers},
        {"inv", Payload::kInvFieldNumber, decode_inventory},
        {"mempool", Payload::kMempoolFieldNumber, decode_empty},
        {"merkleblock", Payload::kMerkleblockFieldNumber, decode_merkleblock},
        {"notfound", Payload::kNotfoundFieldNumber, decode_notfound},
        {"ping", Payload::kPingFieldNumber, decode_ping},
        {"pong", Payload::kPongFieldNumber, decode_pong},
        {"reject", Payload::kRejectFieldNumber, decode_reject},
        {"sendaddrv2", Payload::kSendaddrv2FieldNumber, decode_empty},
        {"sendcmpct", Payload::kSendcmpctFieldNumber, decode_sendcmpct},
        {"sendheaders", Payload::kSendheadersFieldNumber, decode_empty},
        {"sendtxrcncl", Payload::kSendtxrcnclFieldNumber, decode_sendtxrcncl},
        {"tx", Payload::kTxFieldNumber, decode_tx, TxDetail::ids},
        {"verack", Payload::kVerackFieldNumber, decode_empty},
        {"version", Payload::kVersionFieldNumber, decode_version},
        {"wtxidrelay", Payload::kWtxidrelayFieldNumber, decode_empty},
    });
}();

} // namespace peer_observer::wire
