#include "proto/mempool.pb.h"
#include "services/extractor/converters.h"

namespace peer_observer::extractor {

using proto::MempoolAdded;
using proto::MempoolRejected;
using proto::MempoolRemoved;
using proto::MempoolReplaced;

void convert_mempool_added(const mempool_added_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, MempoolAdded::kTxidFieldNumber, record.txid);
    out.int32(2, MempoolAdded::kVsizeVbytesFieldNumber, record.vsize_vbytes);
    out.int64(3, MempoolAdded::kFeeSatFieldNumber, record.fee_sat);
}

void convert_mempool_removed(const mempool_removed_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, MempoolRemoved::kTxidFieldNumber, record.txid);
    out.text(2, MempoolRemoved::kReasonFieldNumber, record.reason);
    out.int32(3, MempoolRemoved::kVsizeVbytesFieldNumber, record.vsize_vbytes);
    out.int64(4, MempoolRemoved::kFeeSatFieldNumber, record.fee_sat);
    out.uint64(5, MempoolRemoved::kEntryTimeSFieldNumber, record.entry_time_s);
}

void convert_mempool_replaced(const mempool_replaced_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, MempoolReplaced::kReplacedTxidFieldNumber, record.replaced_txid);
    out.int32(2, MempoolReplaced::kReplacedVsizeVbytesFieldNumber, record.replaced_vsize_vbytes);
    out.int64(3, MempoolReplaced::kReplacedFeeSatFieldNumber, record.replaced_fee_sat);
    out.uint64(4, MempoolReplaced::kReplacedEntryTimeSFieldNumber, record.replaced_entry_time_s);
    out.hash(5,
             record.replacement_is_txid != 0 ? MempoolReplaced::kReplacementTxidFieldNumber
                                             : MempoolReplaced::kReplacementPackageHashFieldNumber,
             record.replacement_hash);
    out.int32(6, MempoolReplaced::kReplacementVsizeVbytesFieldNumber, record.replacement_vsize_vbytes);
    out.int64(7, MempoolReplaced::kReplacementFeeSatFieldNumber, record.replacement_fee_sat);
}

void convert_mempool_rejected(const mempool_rejected_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, MempoolRejected::kTxidFieldNumber, record.txid);
    out.text(2, MempoolRejected::kReasonFieldNumber, record.reason);
}

} // namespace peer_observer::extractor
