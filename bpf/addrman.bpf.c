/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* addrman:*, which our patch adds. */
#include "emit.bpf.h"

SEC("usdt")
int addrman_attempt_add(struct pt_regs *ctx)
{
    struct addrman_record *record = reserve(ADDRMAN_ATTEMPT_ADD, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    record->inserted = argument(ctx, header, 1);
    record->bucket = argument(ctx, header, 2);
    record->bucket_position = argument(ctx, header, 3);
    string_argument(ctx, header, 4, record->address, sizeof(record->address));
    record->address_as = argument(ctx, header, 5);
    string_argument(ctx, header, 6, record->source, sizeof(record->source));
    record->source_as = argument(ctx, header, 7);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int addrman_move_to_good(struct pt_regs *ctx)
{
    struct addrman_record *record = reserve(ADDRMAN_MOVE_TO_GOOD, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    record->bucket = argument(ctx, header, 1);
    record->bucket_position = argument(ctx, header, 2);
    string_argument(ctx, header, 3, record->address, sizeof(record->address));
    record->address_as = argument(ctx, header, 4);
    string_argument(ctx, header, 5, record->source, sizeof(record->source));
    record->source_as = argument(ctx, header, 6);
    submit(record, sizeof(*record));
    return 0;
}
