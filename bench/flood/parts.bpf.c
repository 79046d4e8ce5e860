/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the extractor is compared with: a program that does nothing, whose cost is the kernel's trap and return, and the
 * parts of a capture one by one. */
/* libbpf's headers need the types of the kernel's. */
/* clang-format off */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>
/* clang-format on */

/* Nobody reads it: the messages of a run must have room in it. */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 << 20);
} ring SEC(".maps");

struct record {
    __u64 ktime_ns;
    __u64 pid;
    __u64 arguments[6];
    char message_type[16];
    char payload[36];
};

__u64 result; /* so that nothing is optimized away */

#define STACK(ctx) ((const void*)PT_REGS_SP(ctx))

SEC("usdt")
int empty(struct pt_regs* ctx) { return 0; }

SEC("usdt")
int clock_and_pid(struct pt_regs* ctx)
{
    result = bpf_ktime_get_ns() + bpf_get_current_pid_tgid();
    return 0;
}

SEC("usdt")
int one_read(struct pt_regs* ctx)
{
    __u64 arguments[6];
    bpf_probe_read_user(arguments, sizeof(arguments), STACK(ctx));
    result = arguments[0];
    return 0;
}

SEC("usdt")
int ring_record(struct pt_regs* ctx)
{
    struct record* record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
    if (record) bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    return 0;
}

/* The least that a capture of a 36-byte message needs: of the arguments, the type and the payload one read each, a
 * time, a process and a record. It finds no argument, knows no configuration and counts no loss. */
SEC("usdt")
int bare_capture(struct pt_regs* ctx)
{
    struct record* record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
    if (!record) return 0;
    record->ktime_ns = bpf_ktime_get_ns();
    record->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_probe_read_user(record->arguments, sizeof(record->arguments), STACK(ctx));
    bpf_probe_read_user(record->message_type, sizeof(record->message_type), STACK(ctx));
    bpf_probe_read_user(record->payload, sizeof(record->payload), STACK(ctx));
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    return 0;
}

struct large_record {
    __u64 ktime_ns;
    __u64 pid;
    char payload[4096];
};

/* The same for 4,096 bytes, which have to be found: only the payload is read. */
SEC("usdt")
int bare_capture_4096(struct pt_regs* ctx)
{
    long payload = 0;
    bpf_usdt_arg(ctx, 5, &payload);
    struct large_record* record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
    if (!record) return 0;
    record->ktime_ns = bpf_ktime_get_ns();
    record->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_probe_read_user(record->payload, sizeof(record->payload), (const void*)payload);
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
