/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* utxocache:*. */
#include "emit.bpf.h"

SEC("usdt")
int utxocache_flush(struct pt_regs *ctx)
{
    struct utxocache_flush_record *record = reserve(UTXOCACHE_FLUSH, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    record->duration_us = argument(ctx, header, 1);
    record->mode = argument(ctx, header, 2);
    record->coins = argument(ctx, header, 3);
    record->memory_bytes = argument(ctx, header, 4);
    record->for_prune = argument(ctx, header, 5);
    submit(record, sizeof(*record));
    return 0;
}

static __always_inline int emit_coin(struct pt_regs *ctx, enum tracepoint_id tracepoint)
{
    struct utxocache_coin_record *record = reserve(tracepoint, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    hash_argument(ctx, header, 1, record->txid);
    record->vout = argument(ctx, header, 2);
    record->height = argument(ctx, header, 3);
    record->value_sat = argument(ctx, header, 4);
    record->coinbase = argument(ctx, header, 5);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int utxocache_add(struct pt_regs *ctx) { return emit_coin(ctx, UTXOCACHE_ADD); }

SEC("usdt")
int utxocache_spent(struct pt_regs *ctx) { return emit_coin(ctx, UTXOCACHE_SPENT); }

SEC("usdt")
int utxocache_uncache(struct pt_regs *ctx) { return emit_coin(ctx, UTXOCACHE_UNCACHE); }
