/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* mempool:*. */
#include "emit.bpf.h"

SEC("usdt")
int mempool_added(struct pt_regs *ctx)
{
    struct mempool_added_record *record = reserve(MEMPOOL_ADDED, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    hash_argument(ctx, header, 1, record->txid);
    record->vsize_vbytes = argument(ctx, header, 2);
    record->fee_sat = argument(ctx, header, 3);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int mempool_removed(struct pt_regs *ctx)
{
    struct mempool_removed_record *record = reserve(MEMPOOL_REMOVED, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    hash_argument(ctx, header, 1, record->txid);
    string_argument(ctx, header, 2, record->reason, sizeof(record->reason));
    record->vsize_vbytes = argument(ctx, header, 3);
    record->fee_sat = argument(ctx, header, 4);
    record->entry_time_s = argument(ctx, header, 5);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int mempool_replaced(struct pt_regs *ctx)
{
    struct mempool_replaced_record *record = reserve(MEMPOOL_REPLACED, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    hash_argument(ctx, header, 1, record->replaced_txid);
    record->replaced_vsize_vbytes = argument(ctx, header, 2);
    record->replaced_fee_sat = argument(ctx, header, 3);
    record->replaced_entry_time_s = argument(ctx, header, 4);
    hash_argument(ctx, header, 5, record->replacement_hash);
    record->replacement_vsize_vbytes = argument(ctx, header, 6);
    record->replacement_fee_sat = argument(ctx, header, 7);
    record->replacement_is_txid = argument(ctx, header, 8);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int mempool_rejected(struct pt_regs *ctx)
{
    struct mempool_rejected_record *record = reserve(MEMPOOL_REJECTED, sizeof(*record));
    if (!record)
        return 0;
    hash_argument(ctx, &record->header, 1, record->txid);
    string_argument(ctx, &record->header, 2, record->reason, sizeof(record->reason));
    submit(record, sizeof(*record));
    return 0;
}
