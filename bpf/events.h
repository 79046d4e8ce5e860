/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The records that the BPF programs put into the ring buffer: one struct a tracepoint or a group of alike ones.
 * Seen by bpf/ and services/extractor only. Both are built together, so the layout may change freely. */
#pragma once

#include <linux/types.h>

enum { MAX_MESSAGE_PAYLOAD_BYTES = 4000000 }; /* Bitcoin Core's MAX_PROTOCOL_MESSAGE_LENGTH */

/* Sizes of strings with their NUL. A longer one is cut. */
enum {
    ADDRESS_BYTES = 128, /* an onion address with its port has 68 characters, a host name may be longer */
    CONNECTION_TYPE_BYTES = 24,
    MESSAGE_TYPE_BYTES = 16,
    REMOVAL_REASON_BYTES = 16,
    REJECT_REASON_BYTES = 128,
    MISBEHAVIOUR_BYTES = 160,
    WALLET_BYTES = 128,
    ALGORITHM_BYTES = 32,
    HASH_BYTES = 32,
};

enum tracepoint_id {
#define TRACEPOINT(id, ...) id,
#include "tracepoints.def"
    TRACEPOINT_COUNT,
};

/* In place of a tracepoint: a record that is not an event, but says what later ones mean. */
enum { PEER_RECORD = 0xffff };

/* Of how many peers at once the kernel side knows that it has described them. */
enum { PEER_SLOTS = 1 << 14 };

/* Why an event did not get into the ring buffer. */
enum loss_cause {
    LOSS_RING_FULL,
    LOSS_TOO_BIG,
    LOSS_CAUSE_COUNT,
};

struct record_header {
    __u64 ktime_ns;         /* CLOCK_MONOTONIC at which the probe fired */
    __u64 lost_total;       /* events of all tracepoints lost before this one, since the programs were loaded */
    __u64 process_start_ns; /* CLOCK_BOOTTIME; with the pid it names a process. 0: not known */
    __u32 pid;
    __u16 tracepoint; /* enum tracepoint_id */
    __u16 unreadable; /* bit i - 1: argument i or what it points at could not be read */
};

/* Comes before the first message of a peer, and whenever its slot has served another peer since. */
struct peer_record {
    struct record_header header;
    __s64 peer_id;
    char address[ADDRESS_BYTES];
    char connection_type[CONNECTION_TYPE_BYTES];
};

/* The payload, `size` bytes, follows it; the record may be longer. Nothing follows where `size` is above MAX_MESSAGE_PAYLOAD_BYTES.
 * The peer's address is in its peer_record. */
struct message_record {
    struct record_header header;
    __s64 peer_id;
    __u64 size;
    char message_type[MESSAGE_TYPE_BYTES];
};

struct processed_message_record {
    struct record_header header;
    __s64 peer_id;
    __u64 size;
    __s64 duration_ns;
    char message_type[MESSAGE_TYPE_BYTES];
};

/* net:inbound_connection and outbound_connection (`count`); closed and evicted_inbound_connection (`established_s`). */
struct connection_record {
    struct record_header header;
    __s64 peer_id;
    union {
        __u64 count;
        __s64 established_s;
    };
    __u32 network;
    char address[ADDRESS_BYTES];
    char connection_type[CONNECTION_TYPE_BYTES];
};

struct misbehaving_connection_record {
    struct record_header header;
    __s64 peer_id;
    char reason[MISBEHAVIOUR_BYTES];
};

struct block_connected_record {
    struct record_header header;
    __u8 hash[HASH_BYTES];
    __u64 transaction_count;
    __s64 sigop_cost;
    __s64 duration_ns;
    __s32 height;
    __s32 input_count;
};

struct utxocache_flush_record {
    struct record_header header;
    __s64 duration_us;
    __u64 coins;
    __u64 memory_bytes;
    __u32 mode;
    __u8 for_prune;
};

struct utxocache_coin_record {
    struct record_header header;
    __u8 txid[HASH_BYTES];
    __s64 value_sat;
    __u32 vout;
    __u32 height;
    __u8 coinbase;
};

struct selected_coins_record {
    struct record_header header;
    __s64 target_sat;
    __s64 waste_sat;
    __s64 selected_sat;
    char wallet[WALLET_BYTES];
    char algorithm[ALGORITHM_BYTES];
};

/* The other three of coin_selection; each uses the fields that it has. */
struct create_tx_record {
    struct record_header header;
    __s64 fee_sat;
    __s32 change_position; /* -1: none */
    __u8 uses_aps;
    __u8 success;
    char wallet[WALLET_BYTES];
};

struct mempool_added_record {
    struct record_header header;
    __u8 txid[HASH_BYTES];
    __s64 fee_sat;
    __s32 vsize_vbytes;
};

struct mempool_removed_record {
    struct record_header header;
    __u8 txid[HASH_BYTES];
    __s64 fee_sat;
    __u64 entry_time_s;
    __s32 vsize_vbytes;
    char reason[REMOVAL_REASON_BYTES];
};

struct mempool_replaced_record {
    struct record_header header;
    __u8 replaced_txid[HASH_BYTES];
    __u8 replacement_hash[HASH_BYTES];
    __s64 replaced_fee_sat;
    __u64 replaced_entry_time_s;
    __s64 replacement_fee_sat;
    __s32 replaced_vsize_vbytes;
    __s32 replacement_vsize_vbytes;
    __u8 replacement_is_txid; /* else the hash of a package */
};

struct mempool_rejected_record {
    struct record_header header;
    __u8 txid[HASH_BYTES];
    char reason[REJECT_REASON_BYTES];
};

/* addrman:attempt_add; move_to_good has the same but for `inserted`. */
struct addrman_record {
    struct record_header header;
    __s32 bucket;
    __s32 bucket_position;
    __u32 address_as;
    __u32 source_as;
    __u8 inserted;
    char address[ADDRESS_BYTES];
    char source[ADDRESS_BYTES];
};

struct orphan_record {
    struct record_header header;
    __u8 txid[HASH_BYTES];
    __u8 wtxid[HASH_BYTES];
    __s64 weight;
    __s64 peer_id;
    __u64 orphan_count;
    __s64 orphan_weight;
};
