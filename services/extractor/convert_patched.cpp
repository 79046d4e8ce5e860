#include "proto/addrman.pb.h"
#include "proto/orphan.pb.h"
#include "services/extractor/converters.h"

namespace peer_observer::extractor {

using proto::AddrManAttemptAdd;
using proto::AddrManMoveToGood;
using proto::OrphanChange;

void convert_addrman_attempt_add(const addrman_record& record, RecordWriter& out, ConvertContext&)
{
    out.boolean(1, AddrManAttemptAdd::kInsertedFieldNumber, record.inserted);
    out.int32(2, AddrManAttemptAdd::kBucketFieldNumber, record.bucket);
    out.int32(3, AddrManAttemptAdd::kBucketPositionFieldNumber, record.bucket_position);
    out.text(4, AddrManAttemptAdd::kAddressFieldNumber, record.address);
    out.uint32(5, AddrManAttemptAdd::kAddressAsFieldNumber, record.address_as);
    out.text(6, AddrManAttemptAdd::kSourceFieldNumber, record.source);
    out.uint32(7, AddrManAttemptAdd::kSourceAsFieldNumber, record.source_as);
}

void convert_addrman_move_to_good(const addrman_record& record, RecordWriter& out, ConvertContext&)
{
    out.int32(1, AddrManMoveToGood::kBucketFieldNumber, record.bucket);
    out.int32(2, AddrManMoveToGood::kBucketPositionFieldNumber, record.bucket_position);
    out.text(3, AddrManMoveToGood::kAddressFieldNumber, record.address);
    out.uint32(4, AddrManMoveToGood::kAddressAsFieldNumber, record.address_as);
    out.text(5, AddrManMoveToGood::kSourceFieldNumber, record.source);
    out.uint32(6, AddrManMoveToGood::kSourceAsFieldNumber, record.source_as);
}

void convert_orphan(const orphan_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, OrphanChange::kTxidFieldNumber, record.txid);
    out.hash(2, OrphanChange::kWtxidFieldNumber, record.wtxid);
    out.int64(3, OrphanChange::kWeightFieldNumber, record.weight);
    out.int64(4, OrphanChange::kPeerIdFieldNumber, record.peer_id);
    out.uint64(5, OrphanChange::kOrphanCountFieldNumber, record.orphan_count);
    out.int64(6, OrphanChange::kOrphanWeightFieldNumber, record.orphan_weight);
}

} // namespace peer_observer::extractor
