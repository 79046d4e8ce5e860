#include "proto/coin_selection.pb.h"
#include "services/extractor/converters.h"

namespace peer_observer::extractor {
namespace {

using proto::ApsCreateTx;
using proto::AttemptingApsCreateTx;
using proto::NormalCreateTx;
using proto::SelectedCoins;

constexpr int kNoChange = -1;

} // namespace

void convert_selected_coins(const selected_coins_record& record, RecordWriter& out, ConvertContext&)
{
    out.text(1, SelectedCoins::kWalletFieldNumber, record.wallet);
    out.text(2, SelectedCoins::kAlgorithmFieldNumber, record.algorithm);
    out.int64(3, SelectedCoins::kTargetSatFieldNumber, record.target_sat);
    out.int64(4, SelectedCoins::kWasteSatFieldNumber, record.waste_sat);
    out.int64(5, SelectedCoins::kSelectedSatFieldNumber, record.selected_sat);
}

void convert_normal_create_tx(const create_tx_record& record, RecordWriter& out, ConvertContext&)
{
    out.text(1, NormalCreateTx::kWalletFieldNumber, record.wallet);
    out.boolean(2, NormalCreateTx::kSuccessFieldNumber, record.success);
    out.int64(3, NormalCreateTx::kFeeSatFieldNumber, record.fee_sat);
    if (record.change_position != kNoChange)
        out.present_int32(4, NormalCreateTx::kChangePositionFieldNumber, record.change_position);
}

void convert_attempting_aps_create_tx(const create_tx_record& record, RecordWriter& out, ConvertContext&)
{
    out.text(1, AttemptingApsCreateTx::kWalletFieldNumber, record.wallet);
}

void convert_aps_create_tx(const create_tx_record& record, RecordWriter& out, ConvertContext&)
{
    out.text(1, ApsCreateTx::kWalletFieldNumber, record.wallet);
    out.boolean(2, ApsCreateTx::kUsesApsFieldNumber, record.uses_aps);
    out.boolean(3, ApsCreateTx::kSuccessFieldNumber, record.success);
    out.int64(4, ApsCreateTx::kFeeSatFieldNumber, record.fee_sat);
    if (record.change_position != kNoChange)
        out.present_int32(5, ApsCreateTx::kChangePositionFieldNumber, record.change_position);
}

} // namespace peer_observer::extractor
