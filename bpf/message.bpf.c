/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* net:inbound_message, net:outbound_message and, with our patch, net:processed_message. */
#include "peers.bpf.h"

enum { TYPE_WORDS = MESSAGE_TYPE_BYTES / WORD_BYTES };

/* What the three have in common. */
struct message {
    struct arguments arguments;
    struct process process;
    __u64 peer_id;
    __u64 type[TYPE_WORDS]; /* characters */
};

static __always_inline void read_message_type(struct message *message)
{
    struct arguments *arguments = &message->arguments;
    __u64 address = frequent_argument(arguments, 4);
    __u64 word = word_in_window(arguments, address, TYPE_WORDS);
    if (word <= WINDOW_WORDS - TYPE_WORDS) {
        message->type[0] = arguments->window[word];
        message->type[1] = arguments->window[word + 1];
    } else if (bpf_probe_read_user_str(message->type, MESSAGE_TYPE_BYTES, (const void *)address) < 0) {
        message->type[0] = 0;
        arguments->unreadable |= argument_bit(4);
    }
}

/* False when there is nothing more to do: another process, or no room. */
static __always_inline bool read_message(struct message *message, struct pt_regs *ctx, enum tracepoint_id tracepoint)
{
    if (!find_process(&message->process) || !find_arguments(&message->arguments, ctx))
        return false;
    message->peer_id = frequent_argument(&message->arguments, 1);
    return describe_peer(&message->arguments, tracepoint, &message->process, message->peer_id);
}

/* Copies the first `copied` bytes of the payload. */
static __always_inline void fill_message(struct message_record *record, const struct message *message, __u64 size, __u64 copied,
                                         __u64 payload, __u64 record_size)
{
    record->header.unreadable = message->arguments.unreadable;
    record->peer_id = message->peer_id;
    record->size = size;
    __builtin_memcpy(record->message_type, message->type, MESSAGE_TYPE_BYTES);
    if (copied > 0 && bpf_probe_read_user(record + 1, copied, (const void *)payload))
        record->header.unreadable |= argument_bit(6);
    submit(record, record_size);
}

/* A record's size must be known to the verifier: sizes are powers of two, the smallest that fits is taken. */
#define TRY_SIZE(record_size)                                                                                                      \
    if (size <= (record_size) - sizeof(struct message_record)) {                                                                   \
        struct message_record *record = reserve_for(tracepoint, &message.process, (record_size));                                  \
        if (record)                                                                                                                \
            fill_message(record, &message, size, size, payload, (record_size));                                                    \
        return 0;                                                                                                                  \
    }

static __always_inline int emit_message(struct pt_regs *ctx, enum tracepoint_id tracepoint)
{
    struct message message;
    if (!read_message(&message, ctx, tracepoint))
        return 0;
    __u64 size = frequent_argument(&message.arguments, 5);
    __u64 payload = frequent_argument(&message.arguments, 6);
    read_message_type(&message);

    if (size > MAX_MESSAGE_PAYLOAD_BYTES) { /* Bitcoin Core refuses to receive it, but does send it */
        struct message_record *record = reserve_for(tracepoint, &message.process, sizeof(*record));
        if (record)
            fill_message(record, &message, size, 0, payload, sizeof(*record));
        return 0;
    }
    if (size > largest_payload) {
        count_loss(tracepoint, LOSS_TOO_BIG);
        return 0;
    }
    TRY_SIZE(1 << 7)
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
    TRY_SIZE(1 << 22)
    return 0;
}

SEC("usdt")
int net_inbound_message(struct pt_regs *ctx) { return emit_message(ctx, NET_INBOUND_MESSAGE); }

SEC("usdt")
int net_outbound_message(struct pt_regs *ctx) { return emit_message(ctx, NET_OUTBOUND_MESSAGE); }

SEC("usdt")
int net_processed_message(struct pt_regs *ctx)
{
    struct message message;
    if (!read_message(&message, ctx, NET_PROCESSED_MESSAGE))
        return 0;
    __u64 size = frequent_argument(&message.arguments, 5);
    __u64 duration_ns = frequent_argument(&message.arguments, 6);
    read_message_type(&message);

    struct processed_message_record *record = reserve_for(NET_PROCESSED_MESSAGE, &message.process, sizeof(*record));
    if (!record)
        return 0;
    record->header.unreadable = message.arguments.unreadable;
    record->peer_id = message.peer_id;
    record->size = size;
    record->duration_ns = duration_ns;
    __builtin_memcpy(record->message_type, message.type, MESSAGE_TYPE_BYTES);
    submit(record, sizeof(*record));
    return 0;
}
