/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The cheapest program that a tracepoint can have: what the kernel's trap and return cost by themselves. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

SEC("usdt")
int empty(struct pt_regs* ctx) { return 0; }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
