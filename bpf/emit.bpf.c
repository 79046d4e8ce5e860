/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The figures that all programs share. */
#include "emit.bpf.h"
#include "peers.bpf.h"

/* Written here, read by the extractor through the mapped section. */
__u64 lost[TRACEPOINT_COUNT][LOSS_CAUSE_COUNT] = {};
__u64 unreadable[TRACEPOINT_COUNT] = {};
__u64 lost_total = 0;

__u64 described_peers[PEER_SLOTS] = {};

/* Written by the extractor before the programs are loaded. */
const volatile __u32 group_leader_offset = 0;                     /* both in the kernel's struct task_struct */
const volatile __u32 start_boottime_offset = 0;                   /* 0: this kernel does not tell */
const volatile __u64 largest_payload = MAX_MESSAGE_PAYLOAD_BYTES; /* the record of a larger one is larger than the ring buffer */

/* Written by the extractor, at any time. */
__u32 pid_filter = 0; /* 0: every process of the binary */
__u64 pid_namespace_device = 0;
__u64 pid_namespace_inode = 0; /* 0: the extractor is in the first one, whose ids the kernel uses */
__u64 wakeup_bytes = 0;
__u32 reader_sleeps = 0; /* reset by the record that wakes it */

char LICENSE[] SEC("license") = "Dual MIT/GPL";
