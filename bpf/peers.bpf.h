/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A peer's address and kind of connection never change, so they are read and sent once and not with each of its messages. */
#pragma once

#include "arguments.bpf.h"

/* Defined in emit.bpf.c: which peer of a slot the extractor has been told of. 0: none. Several processors write here at once, so it
 * is one word: a hash, which is unique within a process. */
extern __u64 described_peers[PEER_SLOTS];

struct peer {
    __u64 *slot;
    __u64 key;
};

/* The mixing function of MurmurHash3. Reversible: it makes different numbers of different ones. */
static __always_inline __u64 mix(__u64 value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccd;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53;
    return value ^ value >> 33;
}

/* The peers of a process follow one another, so those that are connected at the same time have slots of their own. */
static __always_inline struct peer find_peer(const struct process *process, __u64 peer_id)
{
    __u64 hash = mix(process->start_ns + ((__u64)process->pid << 32)) + peer_id;
    return (struct peer){&described_peers[hash % PEER_SLOTS], mix(hash) | !mix(hash)};
}

/* For a new connection: where the kernel does not tell when a process started, it may be another one of the same pid. */
static __always_inline void forget_peer(const struct process *process, __u64 peer_id)
{
    struct peer peer = find_peer(process, peer_id);
    if (*peer.slot == peer.key)
        *peer.slot = 0;
}

static __always_inline void read_text(struct arguments *arguments, __u32 number, char *to, __u32 size)
{
    if (bpf_probe_read_user_str(to, size, (const void *)frequent_argument(arguments, number)) < 0) {
        to[0] = '\0';
        arguments->unreadable |= argument_bit(number);
    }
}

/* Sends the texts of arguments 2 and 3 if the extractor does not have them. False when there is no room for that: then it cannot be
 * told of the peer's messages either. */
static __always_inline bool describe_peer(struct arguments *arguments, enum tracepoint_id tracepoint, const struct process *process,
                                          __u64 peer_id)
{
    if (arguments->unreadable) { /* the id: nobody knows whose message it is */
        arguments->unreadable |= argument_bit(2) | argument_bit(3);
        return true;
    }
    struct peer peer = find_peer(process, peer_id);
    if (*peer.slot == peer.key)
        return true;
    struct peer_record *record = reserve_for(tracepoint, process, sizeof(*record));
    if (!record)
        return false;
    record->header.tracepoint = PEER_RECORD;
    record->peer_id = peer_id;
    read_text(arguments, 2, record->address, sizeof(record->address));
    read_text(arguments, 3, record->connection_type, sizeof(record->connection_type));
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    if (!arguments->unreadable)
        *peer.slot = peer.key;
    return true;
}
