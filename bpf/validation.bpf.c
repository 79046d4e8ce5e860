/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* validation:*. */
#include "emit.bpf.h"

SEC("usdt")
int validation_block_connected(struct pt_regs *ctx)
{
    struct block_connected_record *record = reserve(VALIDATION_BLOCK_CONNECTED, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    hash_argument(ctx, header, 1, record->hash);
    record->height = argument(ctx, header, 2);
    record->transaction_count = argument(ctx, header, 3);
    record->input_count = argument(ctx, header, 4);
    record->sigop_cost = argument(ctx, header, 5);
    record->duration_ns = argument(ctx, header, 6);
    submit(record, sizeof(*record));
    return 0;
}
