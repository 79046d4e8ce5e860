/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How every program here gets a record into the one ring buffer: reserve, read the arguments, submit. */
#pragma once

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

#include "events.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 << 20); /* the extractor sets it before it loads the programs */
} events SEC(".maps") __weak;      /* weak: each object has it, the linker keeps one */

/* Defined in emit.bpf.c, which says what they are. */
extern const volatile __u32 group_leader_offset;
extern const volatile __u32 start_boottime_offset;
extern const volatile __u64 largest_payload;
extern __u64 lost[TRACEPOINT_COUNT][LOSS_CAUSE_COUNT];
extern __u64 unreadable[TRACEPOINT_COUNT];
extern __u64 lost_total;
extern __u32 pid_filter;
extern __u64 pid_namespace_device;
extern __u64 pid_namespace_inode;
extern __u64 wakeup_bytes;
extern __u32 reader_sleeps;

static __always_inline void count_loss(enum tracepoint_id tracepoint, enum loss_cause cause)
{
    __sync_fetch_and_add(&lost[tracepoint][cause], 1);
    __sync_fetch_and_add(&lost_total, 1);
}

/* The id that the extractor knows the process by: in a container those that the kernel uses mean nothing to it. */
static __always_inline __u32 current_pid(void)
{
    struct bpf_pidns_info here = {};
    if (pid_namespace_inode && !bpf_get_ns_current_pid_tgid(pid_namespace_device, pid_namespace_inode, &here, sizeof(here)))
        return here.tgid;
    return bpf_get_current_pid_tgid() >> 32;
}

/* When the process started, as /proc/PID/stat has it in clock ticks. The verifier knows the offsets, and checks them against the
 * kernel's types. */
static __always_inline __u64 current_process_start_ns(void)
{
    if (!start_boottime_offset)
        return 0;
    const void *task = bpf_get_current_task_btf();
    const void *leader = *(const void *const volatile *)(task + group_leader_offset);
    return *(const volatile __u64 *)(leader + start_boottime_offset);
}

struct process {
    __u64 start_ns; /* 0: not known */
    __u32 pid;
};

/* False when it is not the process that was asked for. */
static __always_inline bool find_process(struct process *process)
{
    process->pid = current_pid();
    process->start_ns = current_process_start_ns();
    return !pid_filter || pid_filter == process->pid;
}

/* `size` must be a constant. NULL when the ring is full (then it is counted). */
static __always_inline void *reserve_for(enum tracepoint_id tracepoint, const struct process *process, __u64 size)
{
    __u64 now = bpf_ktime_get_ns();
    struct record_header *header = bpf_ringbuf_reserve(&events, size, 0);
    if (!header) {
        count_loss(tracepoint, LOSS_RING_FULL);
        return NULL;
    }
    header->ktime_ns = now;
    header->lost_total = lost_total;
    header->process_start_ns = process->start_ns;
    header->pid = process->pid;
    header->tracepoint = tracepoint;
    header->unreadable = 0;
    return header;
}

/* The same, and NULL also when it is not the process that was asked for. */
static __always_inline void *reserve(enum tracepoint_id tracepoint, __u64 size)
{
    struct process process;
    return find_process(&process) ? reserve_for(tracepoint, &process, size) : NULL;
}

/* Waking the reader costs the traced thread more than all the rest: it happens once each time the ring fills past a threshold.
 * Below it the reader comes by itself every few milliseconds; when nothing has come for a while, it sleeps until the next record.
 */
static __always_inline void submit(void *record, __u64 size)
{
    struct record_header *header = record;
    if (header->unreadable && header->tracepoint < TRACEPOINT_COUNT) /* the second for the verifier */
        __sync_fetch_and_add(&unreadable[header->tracepoint], 1);

    __u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
    bool wake = waiting >= wakeup_bytes && waiting - size < wakeup_bytes;
    if (reader_sleeps) {
        reader_sleeps = 0;
        wake = true;
    }
    bpf_ringbuf_submit(record, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* Arguments are counted from 1, as Bitcoin Core's doc/tracing.md does. One that cannot be read is 0 and marked in the header. */

static __always_inline __u16 argument_bit(__u32 number) { return 1 << (number - 1); }

static __always_inline __u64 argument(struct pt_regs *ctx, struct record_header *header, __u32 number)
{
    long value = 0;
    if (bpf_usdt_arg(ctx, number - 1, &value))
        header->unreadable |= argument_bit(number);
    return value;
}

static __always_inline void string_argument(struct pt_regs *ctx, struct record_header *header, __u32 number, char *to, __u32 size)
{
    if (bpf_probe_read_user_str(to, size, (const void *)argument(ctx, header, number)) < 0) {
        to[0] = '\0';
        header->unreadable |= argument_bit(number);
    }
}

static __always_inline void hash_argument(struct pt_regs *ctx, struct record_header *header, __u32 number, __u8 *to)
{
    if (bpf_probe_read_user(to, HASH_BYTES, (const void *)argument(ctx, header, number))) {
        __builtin_memset(to, 0, HASH_BYTES);
        header->unreadable |= argument_bit(number);
    }
}
