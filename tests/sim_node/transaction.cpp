#include "tests/sim_node/transaction.h"

#include "tests/sim_node/hashes.h"

#include <utility>

namespace peer_observer::sim_node {
namespace {

struct Output {
    std::int64_t value;
    Bytes script;
};

Bytes output_script(Random& random)
{
    const auto draw = random.below(10);
    if (draw < 5) return Writer{}.u8(0x00).var_bytes(random.bytes(20)).take();                            // P2WPKH
    if (draw < 8) return Writer{}.u8(0x51).var_bytes(random.bytes(32)).take();                            // P2TR
    if (draw < 9) return Writer{}.u8(0x76).u8(0xa9).var_bytes(random.bytes(20)).u8(0x88).u8(0xac).take(); // P2PKH
    return Writer{}.u8(0xa9).var_bytes(random.bytes(20)).u8(0x87).take();                                 // P2SH
}

Bytes signature(Random& random) { return Writer{}.u8(0x30).u8(0x44).raw(random.bytes(68)).u8(0x01).take(); }

Bytes public_key(Random& random) { return Writer{}.u8(random.chance(50) ? 0x02 : 0x03).raw(random.bytes(32)).take(); }

struct Parts {
    std::vector<std::pair<Coin, std::uint32_t>> inputs; ///< coin, sequence
    std::vector<Bytes> script_signatures;               ///< one per input
    std::vector<std::vector<Bytes>> witnesses;          ///< one per input, or none at all
    std::vector<Output> outputs;
    std::uint32_t lock_time = 0;
};

Bytes serialize(const Parts& parts, bool with_witness)
{
    Writer writer;
    writer.i32(2);
    if (with_witness) writer.u8(0).u8(1);
    writer.compact_size(parts.inputs.size());
    for (std::size_t i = 0; i < parts.inputs.size(); ++i) {
        const auto& [coin, sequence] = parts.inputs[i];
        writer.raw(coin.txid).u32(coin.vout).var_bytes(parts.script_signatures[i]).u32(sequence);
    }
    writer.compact_size(parts.outputs.size());
    for (const Output& output : parts.outputs)
        writer.i64(output.value).var_bytes(output.script);
    if (with_witness) {
        for (const auto& stack : parts.witnesses) {
            writer.compact_size(stack.size());
            for (const Bytes& item : stack)
                writer.var_bytes(item);
        }
    }
    return writer.u32(parts.lock_time).take();
}

Transaction finish(const Parts& parts)
{
    Transaction transaction;
    const Bytes stripped = serialize(parts, false);
    transaction.txid = double_sha256(stripped);
    transaction.bytes = parts.witnesses.empty() ? stripped : serialize(parts, true);
    transaction.wtxid = double_sha256(transaction.bytes);
    transaction.weight = static_cast<std::int64_t>(3 * stripped.size() + transaction.bytes.size());
    for (std::size_t i = 0; i < parts.outputs.size(); ++i) {
        transaction.outputs.push_back(
            {.txid = transaction.txid, .vout = static_cast<std::uint32_t>(i), .value = parts.outputs[i].value});
    }
    return transaction;
}

} // namespace

Transaction make_transaction(Random& random, std::vector<Coin> inputs, std::int64_t fee)
{
    const bool segwit = random.chance(80);
    Parts parts;
    std::int64_t value = -fee;
    for (const Coin& coin : inputs) {
        value += coin.value;
        parts.inputs.emplace_back(coin, random.chance(60) ? 0xfffffffd : 0xffffffff);
        if (segwit) {
            parts.script_signatures.emplace_back();
            parts.witnesses.push_back({signature(random), public_key(random)});
        } else {
            parts.script_signatures.push_back(
                Writer{}.var_bytes(signature(random)).var_bytes(public_key(random)).take());
        }
    }
    const auto count = random.between(1, 4);
    for (int i = 0; i < count; ++i) {
        const std::int64_t share = i + 1 == count ? value : value / random.between(2, 4);
        parts.outputs.push_back({share, output_script(random)});
        value -= share;
    }
    Transaction transaction = finish(parts);
    transaction.fee = fee;
    transaction.inputs = std::move(inputs);
    return transaction;
}

Transaction make_coinbase(Random& random, std::uint32_t height, std::int64_t value)
{
    Parts parts;
    parts.inputs.emplace_back(Coin{.vout = 0xffffffff}, 0xffffffff);
    // BIP34: the height first, as a push of a little-endian number.
    parts.script_signatures.push_back(Writer{}
                                          .u8(3)
                                          .u8(static_cast<std::uint8_t>(height))
                                          .u8(static_cast<std::uint8_t>(height >> 8))
                                          .u8(static_cast<std::uint8_t>(height >> 16))
                                          .raw("/sim_node/")
                                          .raw(random.bytes(8))
                                          .take());
    parts.witnesses.push_back({Bytes(32, 0)});
    parts.outputs.push_back({value, output_script(random)});
    // The witness commitment.
    parts.outputs.push_back(
        {0, Writer{}.u8(0x6a).u8(0x24).u8(0xaa).u8(0x21).u8(0xa9).u8(0xed).raw(random.hash()).take()});
    Transaction transaction = finish(parts);
    for (Coin& coin : transaction.outputs) {
        coin.coinbase = true;
        coin.height = height;
    }
    return transaction;
}

Bytes make_header(Random& random, const Hash& previous, const Hash& merkle_root, std::int64_t time)
{
    return Writer{}
        .i32(0x20000000)
        .raw(previous)
        .raw(merkle_root)
        .u32(static_cast<std::uint32_t>(time))
        .u32(0x17021a91)
        .u32(static_cast<std::uint32_t>(random.u64()))
        .take();
}

Bytes Block::bytes() const
{
    Writer writer;
    writer.raw(header).compact_size(transactions.size());
    for (const Transaction& transaction : transactions)
        writer.raw(transaction.bytes);
    return writer.take();
}

} // namespace peer_observer::sim_node
