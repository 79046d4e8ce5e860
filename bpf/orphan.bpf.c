/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* orphan:*, which our patch adds. */
#include "emit.bpf.h"

static __always_inline int emit_orphan(struct pt_regs *ctx, enum tracepoint_id tracepoint)
{
    struct orphan_record *record = reserve(tracepoint, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    hash_argument(ctx, header, 1, record->txid);
    hash_argument(ctx, header, 2, record->wtxid);
    record->weight = argument(ctx, header, 3);
    record->peer_id = argument(ctx, header, 4);
    record->orphan_count = argument(ctx, header, 5);
    record->orphan_weight = argument(ctx, header, 6);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int orphan_add(struct pt_regs *ctx) { return emit_orphan(ctx, ORPHAN_ADD); }

SEC("usdt")
int orphan_removed(struct pt_regs *ctx) { return emit_orphan(ctx, ORPHAN_REMOVED); }
