/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Arguments of probes that fire often. bpf_usdt_arg() starts anew for each; this looks the probe up once, and reads memory that
 * lies together once: in Bitcoin Core several arguments are fields of one object, and a short std::string has its text in itself.
 */
#pragma once

#include <stddef.h>

#include "emit.bpf.h"

#define WORD_BYTES   8
#define WINDOW_WORDS 8

struct arguments {
    struct pt_regs *ctx;
    const struct __bpf_usdt_spec *spec;
    __u64 window[WINDOW_WORDS]; /* a copy of the traced process's memory from window_start on */
    __u64 window_start;
    __u16 unreadable; /* as in struct record_header */
};

static __always_inline bool find_arguments(struct arguments *arguments, struct pt_regs *ctx)
{
    int spec_id = __bpf_usdt_spec_id(ctx);
    arguments->ctx = ctx;
    arguments->spec = bpf_map_lookup_elem(&__bpf_usdt_specs, &spec_id);
    __builtin_memset(arguments->window, 0, sizeof(arguments->window));
    arguments->window_start = -1;
    arguments->unreadable = 0;
    return arguments->spec;
}

/* The number of the word of the window that `address` is, for `words` words; WINDOW_WORDS when they are not in the window. */
static __always_inline __u64 word_in_window(const struct arguments *arguments, __u64 address, __u64 words)
{
    __u64 offset = address - arguments->window_start;
    __u64 word = offset / WORD_BYTES;
    barrier_var(word); /* else the compiler continues with `offset`, which the verifier does not know to be a multiple */
    return offset % WORD_BYTES == 0 && word <= WINDOW_WORDS - words ? word : WINDOW_WORDS;
}

/* One word of the traced process's memory; 0 on success. */
static __always_inline long read_word(struct arguments *arguments, __u64 address, __u64 *value)
{
    __u64 word = word_in_window(arguments, address, 1);
    if (word < WINDOW_WORDS) {
        *value = arguments->window[word];
        return 0;
    }
    if (!bpf_probe_read_user(arguments->window, sizeof(arguments->window), (const void *)address)) {
        arguments->window_start = address;
        *value = arguments->window[0];
        return 0;
    }
    arguments->window_start = -1; /* behind the end of a mapping? The word alone may be before it. */
    return bpf_probe_read_user(value, WORD_BYTES, (const void *)address);
}

/* The traced thread's register that lies at `offset` in its struct pt_regs; 0 on success. */
static __always_inline long read_register(struct pt_regs *ctx, short offset, __u64 *value)
{
#ifdef __TARGET_ARCH_x86
/* The verifier wants constant offsets; volatile keeps the compiler from computing one. */
#define CASE(name)                                                                                                                 \
    case offsetof(struct pt_regs, name):                                                                                           \
        *value = *(volatile __u64 *)&ctx->name;                                                                                    \
        return 0;
    // clang-format off
    switch (offset) {
    CASE(rax) CASE(rbx) CASE(rcx) CASE(rdx) CASE(rsi) CASE(rdi) CASE(rbp) CASE(rsp)
    CASE(r8) CASE(r9) CASE(r10) CASE(r11) CASE(r12) CASE(r13) CASE(r14) CASE(r15)
    }
    // clang-format on
#undef CASE
#endif
    return bpf_probe_read_kernel(value, sizeof(*value), (const void *)ctx + offset);
}

/* `number` is a constant, from 1. An argument that cannot be read is 0 and marked. */
static __noinline __u64 frequent_argument(struct arguments *arguments, __u32 number)
{
    __u32 index = number - 1;
    if (index >= BPF_USDT_MAX_ARG_CNT)
        return 0;
    const struct __bpf_usdt_arg_spec *spec = &arguments->spec->args[index];
    __u64 value = 0;
    long error = 0;

    if (index >= (__u32)arguments->spec->arg_cnt) {
        error = -1;
    } else if (spec->arg_type == BPF_USDT_ARG_CONST) {
        value = spec->val_off;
    } else if (spec->arg_type == BPF_USDT_ARG_REG || spec->arg_type == BPF_USDT_ARG_REG_DEREF) {
        error = read_register(arguments->ctx, spec->reg_off, &value);
        if (!error && spec->arg_type == BPF_USDT_ARG_REG_DEREF)
            error = read_word(arguments, value + spec->val_off, &value);
    } else { /* a kind that only later versions of libbpf know */
        long other = 0;
        error = bpf_usdt_arg(arguments->ctx, index, &other);
        if (!error)
            return other;
    }
    if (error) {
        arguments->unreadable |= argument_bit(number);
        return 0;
    }
    value <<= spec->arg_bitshift;
    return spec->arg_signed ? (__u64)((__s64)value >> spec->arg_bitshift) : value >> spec->arg_bitshift;
}
