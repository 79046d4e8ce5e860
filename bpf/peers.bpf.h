/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A peer's address and kind of connection never change, so they are read and sent once and not with each of its messages. */
#pragma once

#include "arguments.bpf.h"

/* Defined in emit.bpf.c: the peer of a slot that the extractor has been told of, as the process in the upper half and the peer id
 * in the lower. 0: none. */
extern __u64 described_peers[PEER_SLOTS];

static __always_inline __u64 *peer_slot(__u64 peer_id) { return &described_peers[peer_id % PEER_SLOTS]; }

static __always_inline __u64 peer_key(__u32 pid, __u64 peer_id) { return (__u64)pid << 32 | (__u32)peer_id; }

/* For a new connection: should another process have had the same id once, that was another peer. */
static __always_inline void forget_peer(__u32 pid, __u64 peer_id)
{
    if (*peer_slot(peer_id) == peer_key(pid, peer_id))
        *peer_slot(peer_id) = 0;
}

static __always_inline void read_text(struct arguments *arguments, __u32 index, char *to, __u32 size)
{
    if (bpf_probe_read_user_str(to, size, (const void *)frequent_argument(arguments, index)) < 0) {
        to[0] = '\0';
        arguments->unreadable |= 1 << index;
    }
}

/* Sends the texts of arguments 1 and 2 if the extractor does not have them. False when there is no room for that: then it cannot be
 * told of the peer's messages either. */
static __always_inline bool describe_peer(struct arguments *arguments, enum tracepoint_id tracepoint, __u32 pid, __u64 peer_id)
{
    if (arguments->unreadable) { /* the id: nobody knows whose message it is */
        arguments->unreadable |= 1 << 1 | 1 << 2;
        return true;
    }
    __u64 key = peer_key(pid, peer_id);
    if (*peer_slot(peer_id) == key && peer_id <= (__u32)-1)
        return true;
    struct peer_record *record = reserve_for(tracepoint, pid, sizeof(*record));
    if (!record)
        return false;
    record->header.tracepoint = PEER_RECORD;
    record->peer_id = peer_id;
    read_text(arguments, 1, record->address, sizeof(record->address));
    read_text(arguments, 2, record->connection_type, sizeof(record->connection_type));
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    if (!arguments->unreadable && peer_id <= (__u32)-1)
        *peer_slot(peer_id) = key;
    return true;
}
