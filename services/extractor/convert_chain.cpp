#include "proto/utxocache.pb.h"
#include "proto/validation.pb.h"
#include "services/extractor/converters.h"

namespace peer_observer::extractor {

using proto::BlockConnected;
using proto::UtxoCacheCoin;
using proto::UtxoCacheFlush;

void convert_block_connected(const block_connected_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, BlockConnected::kHashFieldNumber, record.hash);
    out.int32(2, BlockConnected::kHeightFieldNumber, record.height);
    out.uint64(3, BlockConnected::kTransactionCountFieldNumber, record.transaction_count);
    out.int32(4, BlockConnected::kInputCountFieldNumber, record.input_count);
    out.int64(5, BlockConnected::kSigopCostFieldNumber, record.sigop_cost);
    out.int64(6, BlockConnected::kDurationNsFieldNumber, record.duration_ns);
}

void convert_utxocache_flush(const utxocache_flush_record& record, RecordWriter& out, ConvertContext&)
{
    out.int64(1, UtxoCacheFlush::kDurationUsFieldNumber, record.duration_us);
    out.uint32(2, UtxoCacheFlush::kModeFieldNumber, record.mode);
    out.uint64(3, UtxoCacheFlush::kCoinsFieldNumber, record.coins);
    out.uint64(4, UtxoCacheFlush::kMemoryBytesFieldNumber, record.memory_bytes);
    out.boolean(5, UtxoCacheFlush::kForPruneFieldNumber, record.for_prune);
}

void convert_utxocache_coin(const utxocache_coin_record& record, RecordWriter& out, ConvertContext&)
{
    out.hash(1, UtxoCacheCoin::kTxidFieldNumber, record.txid);
    out.uint32(2, UtxoCacheCoin::kVoutFieldNumber, record.vout);
    out.uint32(3, UtxoCacheCoin::kHeightFieldNumber, record.height);
    out.int64(4, UtxoCacheCoin::kValueSatFieldNumber, record.value_sat);
    out.boolean(5, UtxoCacheCoin::kCoinbaseFieldNumber, record.coinbase);
}

} // namespace peer_observer::extractor
