/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* net:inbound_message, net:outbound_message and, with our patch, net:processed_message. */
#include "emit.bpf.h"

static __always_inline void fill_message(struct pt_regs *ctx, struct message_record *record, __u64 size, const void *payload,
                                         __u64 record_size)
{
    struct record_header *header = &record->header;
    record->peer_id = argument(ctx, header, 0);
    string_argument(ctx, header, 1, record->address, sizeof(record->address));
    string_argument(ctx, header, 2, record->connection_type, sizeof(record->connection_type));
    string_argument(ctx, header, 3, record->message_type, sizeof(record->message_type));
    record->size = size;
    if (size > 0 && bpf_probe_read_user(record + 1, size, payload))
        header->unreadable |= 1 << 5;
    submit(record, record_size);
}

/* A record's size must be known to the verifier: sizes are powers of two, the smallest that fits is taken. */
#define TRY_SIZE(record_size)                                                                                                      \
    if (size <= (record_size) - sizeof(struct message_record)) {                                                                   \
        struct message_record *record = reserve(tracepoint, (record_size));                                                        \
        if (record)                                                                                                                \
            fill_message(ctx, record, size, payload, (record_size));                                                               \
        return 0;                                                                                                                  \
    }

static __always_inline int emit_message(struct pt_regs *ctx, enum tracepoint_id tracepoint)
{
    long size_argument = 0, payload_argument = 0;
    bpf_usdt_arg(ctx, 4, &size_argument);
    bpf_usdt_arg(ctx, 5, &payload_argument);
    __u64 size = size_argument;
    const void *payload = (const void *)payload_argument;

    TRY_SIZE(1 << 8)
    TRY_SIZE(1 << 9)
    TRY_SIZE(1 << 10)
    TRY_SIZE(1 << 11)
    TRY_SIZE(1 << 12)
    TRY_SIZE(1 << 13)
    TRY_SIZE(1 << 14)
    TRY_SIZE(1 << 15)
    TRY_SIZE(1 << 16)
    TRY_SIZE(1 << 17)
    TRY_SIZE(1 << 18)
    TRY_SIZE(1 << 19)
    TRY_SIZE(1 << 20)
    TRY_SIZE(1 << 21)
    if (size <= MAX_MESSAGE_PAYLOAD_BYTES)
        TRY_SIZE(1 << 22)
    if (!pid_filter || pid_filter == bpf_get_current_pid_tgid() >> 32)
        count_loss(tracepoint, LOSS_TOO_BIG);
    return 0;
}

SEC("usdt")
int net_inbound_message(struct pt_regs *ctx) { return emit_message(ctx, NET_INBOUND_MESSAGE); }

SEC("usdt")
int net_outbound_message(struct pt_regs *ctx) { return emit_message(ctx, NET_OUTBOUND_MESSAGE); }

SEC("usdt")
int net_processed_message(struct pt_regs *ctx)
{
    struct processed_message_record *record = reserve(NET_PROCESSED_MESSAGE, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    record->peer_id = argument(ctx, header, 0);
    string_argument(ctx, header, 1, record->address, sizeof(record->address));
    string_argument(ctx, header, 2, record->connection_type, sizeof(record->connection_type));
    string_argument(ctx, header, 3, record->message_type, sizeof(record->message_type));
    record->size = argument(ctx, header, 4);
    record->duration_ns = argument(ctx, header, 5);
    submit(record, sizeof(*record));
    return 0;
}
