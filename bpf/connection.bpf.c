/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* net:*_connection. */
#include "peers.bpf.h"

static __always_inline int emit_connection(struct pt_regs *ctx, enum tracepoint_id tracepoint)
{
    struct process process;
    struct connection_record *record = find_process(&process) ? reserve_for(tracepoint, &process, sizeof(*record)) : NULL;
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    record->peer_id = argument(ctx, header, 1);
    string_argument(ctx, header, 2, record->address, sizeof(record->address));
    string_argument(ctx, header, 3, record->connection_type, sizeof(record->connection_type));
    record->network = argument(ctx, header, 4);
    record->count = argument(ctx, header, 5); /* or established_s: the same eight bytes */
    if (tracepoint == NET_INBOUND_CONNECTION || tracepoint == NET_OUTBOUND_CONNECTION)
        forget_peer(&process, record->peer_id);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int net_inbound_connection(struct pt_regs *ctx) { return emit_connection(ctx, NET_INBOUND_CONNECTION); }

SEC("usdt")
int net_outbound_connection(struct pt_regs *ctx) { return emit_connection(ctx, NET_OUTBOUND_CONNECTION); }

SEC("usdt")
int net_evicted_inbound_connection(struct pt_regs *ctx) { return emit_connection(ctx, NET_EVICTED_INBOUND_CONNECTION); }

SEC("usdt")
int net_closed_connection(struct pt_regs *ctx) { return emit_connection(ctx, NET_CLOSED_CONNECTION); }

SEC("usdt")
int net_misbehaving_connection(struct pt_regs *ctx)
{
    struct misbehaving_connection_record *record = reserve(NET_MISBEHAVING_CONNECTION, sizeof(*record));
    if (!record)
        return 0;
    record->peer_id = argument(ctx, &record->header, 1);
    string_argument(ctx, &record->header, 2, record->reason, sizeof(record->reason));
    submit(record, sizeof(*record));
    return 0;
}
