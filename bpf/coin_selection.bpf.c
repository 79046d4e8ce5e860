/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* coin_selection:*. */
#include "emit.bpf.h"

SEC("usdt")
int coin_selection_selected_coins(struct pt_regs *ctx)
{
    struct selected_coins_record *record = reserve(COIN_SELECTION_SELECTED_COINS, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    string_argument(ctx, header, 1, record->wallet, sizeof(record->wallet));
    string_argument(ctx, header, 2, record->algorithm, sizeof(record->algorithm));
    record->target_sat = argument(ctx, header, 3);
    record->waste_sat = argument(ctx, header, 4);
    record->selected_sat = argument(ctx, header, 5);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int coin_selection_normal_create_tx_internal(struct pt_regs *ctx)
{
    struct create_tx_record *record = reserve(COIN_SELECTION_NORMAL_CREATE_TX_INTERNAL, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    string_argument(ctx, header, 1, record->wallet, sizeof(record->wallet));
    record->success = argument(ctx, header, 2);
    record->fee_sat = argument(ctx, header, 3);
    record->change_position = argument(ctx, header, 4);
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int coin_selection_attempting_aps_create_tx(struct pt_regs *ctx)
{
    struct create_tx_record *record = reserve(COIN_SELECTION_ATTEMPTING_APS_CREATE_TX, sizeof(*record));
    if (!record)
        return 0;
    string_argument(ctx, &record->header, 1, record->wallet, sizeof(record->wallet));
    submit(record, sizeof(*record));
    return 0;
}

SEC("usdt")
int coin_selection_aps_create_tx_internal(struct pt_regs *ctx)
{
    struct create_tx_record *record = reserve(COIN_SELECTION_APS_CREATE_TX_INTERNAL, sizeof(*record));
    if (!record)
        return 0;
    struct record_header *header = &record->header;
    string_argument(ctx, header, 1, record->wallet, sizeof(record->wallet));
    record->uses_aps = argument(ctx, header, 2);
    record->success = argument(ctx, header, 3);
    record->fee_sat = argument(ctx, header, 4);
    record->change_position = argument(ctx, header, 5);
    submit(record, sizeof(*record));
    return 0;
}
