#include "tests/sim_node/payloads.h"

namespace peer_observer::sim_node::payloads {
namespace {

void write_legacy_address(Writer& writer, const Address& address, std::uint64_t services)
{
    writer.u64(services).raw(address.legacy().value_or(Bytes(16, 0))).port(address.port);
}

} // namespace

Bytes version(const Version& fields)
{
    Writer writer;
    writer.i32(fields.version).u64(fields.services).i64(fields.time);
    write_legacy_address(writer, fields.receiver, 0);
    // Core leaves its own address empty.
    writer.u64(fields.services).zeros(16 + 2);
    writer.u64(fields.nonce).var_bytes(fields.user_agent).i32(fields.start_height).u8(fields.relay ? 1 : 0);
    return writer.take();
}

Bytes nonce(std::uint64_t nonce) { return Writer{}.u64(nonce).take(); }

Bytes fee_filter(std::int64_t satoshi_per_kvbyte) { return Writer{}.i64(satoshi_per_kvbyte).take(); }

Bytes send_compact(bool announce, std::uint64_t version) { return Writer{}.u8(announce ? 1 : 0).u64(version).take(); }

Bytes send_reconciliation(std::uint32_t version, std::uint64_t salt) { return Writer{}.u32(version).u64(salt).take(); }

Bytes feature(std::string_view id, std::span<const std::uint8_t> data)
{
    return Writer{}.var_bytes(id).var_bytes(data).take();
}

Bytes reject(std::string_view message_type, std::uint8_t code, std::string_view reason, const Hash& hash)
{
    return Writer{}.var_bytes(message_type).u8(code).var_bytes(reason).raw(hash).take();
}

Bytes alert(std::span<const std::uint8_t> payload, std::span<const std::uint8_t> signature)
{
    return Writer{}.var_bytes(payload).var_bytes(signature).take();
}

Bytes addr(const std::vector<KnownAddress>& addresses)
{
    std::uint64_t count = 0;
    Writer entries;
    for (const KnownAddress& known : addresses) {
        if (!known.address.legacy()) continue;
        entries.u32(known.time);
        write_legacy_address(entries, known.address, known.services);
        ++count;
    }
    return Writer{}.compact_size(count).raw(entries.take()).take();
}

Bytes addrv2(const std::vector<KnownAddress>& addresses)
{
    Writer writer;
    writer.compact_size(addresses.size());
    for (const KnownAddress& known : addresses) {
        writer.u32(known.time).compact_size(known.services).u8(known.address.bip155_network());
        writer.var_bytes(known.address.bytes).port(known.address.port);
    }
    return writer.take();
}

Bytes inventory(Inventory type, const std::vector<Hash>& hashes)
{
    Writer writer;
    writer.compact_size(hashes.size());
    for (const Hash& hash : hashes)
        writer.u32(static_cast<std::uint32_t>(type)).raw(hash);
    return writer.take();
}

Bytes locator(const std::vector<Hash>& hashes, const Hash& stop)
{
    Writer writer;
    writer.i32(kProtocolVersion).compact_size(hashes.size());
    for (const Hash& hash : hashes)
        writer.raw(hash);
    return writer.raw(stop).take();
}

} // namespace peer_observer::sim_node::payloads
