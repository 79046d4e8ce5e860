#include "libs/wire/transaction.h"

#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

namespace peer_observer::wire {
namespace {

constexpr std::size_t kOutpointSize = 32 + 4;
constexpr std::size_t kMinimumInputSize = kOutpointSize + 1 + 4;
constexpr std::size_t kMinimumOutputSize = 8 + 1;

void skip_inputs(Reader& reader, std::size_t count, std::string_view& first_script)
{
    for (std::size_t i = 0; i < count && reader.ok(); ++i) {
        reader.bytes(kOutpointSize);
        const auto script = reader.var_bytes();
        reader.number<std::uint32_t>();
        if (i == 0) first_script = script;
    }
}

void skip_outputs(Reader& reader)
{
    for (auto n = reader.count(kMinimumOutputSize); n > 0 && reader.ok(); --n) {
        reader.number<std::int64_t>();
        reader.var_bytes();
    }
}

void skip_witnesses(Reader& reader, std::size_t input_count)
{
    bool empty = true;
    for (std::size_t i = 0; i < input_count && reader.ok(); ++i) {
        for (auto n = reader.count(1); n > 0 && reader.ok(); --n) {
            reader.var_bytes();
            empty = false;
        }
    }
    if (empty) reader.fail("a transaction has the witness flag, but no witness");
}

void write_inputs_and_outputs(std::string_view bytes, Writer& message)
{
    using proto::Transaction, proto::TransactionInput, proto::TransactionOutput;
    Reader reader{bytes};
    for (auto n = reader.count(kMinimumInputSize); n > 0 && !message.full(); --n) {
        Writer input{message, Transaction::kInputsFieldNumber};
        input.add_bytes(TransactionInput::kPreviousTxidFieldNumber, reader.hash());
        input.add_uint32(TransactionInput::kPreviousVoutFieldNumber, reader.number<std::uint32_t>());
        reader.var_bytes();
        input.add_fixed32(TransactionInput::kSequenceFieldNumber, reader.number<std::uint32_t>());
    }
    for (auto n = reader.count(kMinimumOutputSize); n > 0 && !message.full(); --n) {
        Writer output{message, Transaction::kOutputsFieldNumber};
        output.add_int64(TransactionOutput::kValueSatFieldNumber, reader.number<std::int64_t>());
        output.add_bytes(TransactionOutput::kScriptPubkeyFieldNumber, reader.var_bytes());
    }
}

template <typename T>
T number_at(std::string_view bytes, std::size_t offset)
{
    return Reader{bytes.substr(offset)}.number<T>();
}

} // namespace

bool reads_transactions(Reader& reader, std::size_t count, TxDetail detail)
{
    // Core's consensus.h: MAX_BLOCK_WEIGHT, and MIN_TRANSACTION_WEIGHT, which is four times these bytes.
    constexpr std::size_t kMinimumValidSize = 60;
    constexpr std::size_t kMost = 4'000'000 / (4 * kMinimumValidSize);
    // So few cost no more than a message does anyway, and invalid ones are of interest.
    constexpr std::size_t kFew = 100;
    const bool plausible = count <= kFew || (count <= kMost && count <= reader.remaining() / kMinimumValidSize);
    if (count == 0 || (plausible && detail != TxDetail::counts)) return true;
    reader.leave_rest();
    return false;
}

TransactionParts read_transaction(Reader& reader)
{
    TransactionParts parts;
    const auto start = reader.offset();
    reader.number<std::uint32_t>();

    auto inputs_and_outputs = reader.offset();
    auto input_count = reader.count(kMinimumInputSize);
    if (input_count > 0) {
        skip_inputs(reader, input_count, parts.first_input_script);
        skip_outputs(reader);
    } else if (const auto flags = reader.number<std::uint8_t>(); flags == 1) {
        // The empty list of inputs was the marker of a transaction with witnesses.
        inputs_and_outputs = reader.offset();
        input_count = reader.count(kMinimumInputSize);
        skip_inputs(reader, input_count, parts.first_input_script);
        skip_outputs(reader);
        parts.has_witness = true;
    } else if (flags != 0) {
        reader.fail("unknown flags in a transaction");
    }
    parts.inputs_and_outputs = reader.since(inputs_and_outputs);
    if (parts.has_witness) skip_witnesses(reader, input_count);
    reader.number<std::uint32_t>();
    parts.whole = reader.since(start);
    return parts;
}

Hash TransactionParts::txid() const
{
    if (!has_witness) return double_sha256({whole});
    return double_sha256({whole.substr(0, 4), inputs_and_outputs, whole.substr(whole.size() - 4)});
}

void write_transaction(const TransactionParts& parts, const Hash& txid, TxDetail detail, Writer& message)
{
    using proto::Transaction;
    message.add_bytes(Transaction::kTxidFieldNumber, view(txid));
    message.add_bytes(Transaction::kWtxidFieldNumber, view(parts.has_witness ? double_sha256({parts.whole}) : txid));
    message.add_uint32(Transaction::kSizeBytesFieldNumber, static_cast<std::uint32_t>(parts.whole.size()));
    const auto weight = static_cast<std::uint32_t>(parts.weight());
    message.add_uint32(Transaction::kVsizeVbytesFieldNumber, (weight + 3) / 4);
    message.add_uint32(Transaction::kWeightWuFieldNumber, weight);
    if (detail == TxDetail::ids) return;

    message.add_uint32(Transaction::kVersionFieldNumber, number_at<std::uint32_t>(parts.whole, 0));
    write_inputs_and_outputs(parts.inputs_and_outputs, message);
    message.add_uint32(Transaction::kLocktimeFieldNumber,
                       number_at<std::uint32_t>(parts.whole, parts.whole.size() - 4));
    if (detail == TxDetail::raw) message.add_bytes(Transaction::kRawFieldNumber, parts.whole);
}

void decode_tx(Reader& reader, TxDetail detail, Writer& message)
{
    const auto parts = read_transaction(reader);
    if (reader.ok()) write_transaction(parts, parts.txid(), detail, message);
}

} // namespace peer_observer::wire
