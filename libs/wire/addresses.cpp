#include "libs/wire/addresses.h"

#include "libs/wire/address_text.h"
#include "libs/wire/decoders.h"
#include "libs/wire/ignored_address.h"
#include "proto/p2p.pb.h"

#include <algorithm>
#include <optional>

namespace peer_observer::wire {
namespace {

using proto::Address;
using proto::Addresses;

constexpr std::uint64_t kMaxAddresses = 1000;
constexpr std::string_view kTooManyAddresses = "more than 1000 addresses";

struct Network {
    std::uint8_t bip155_id;
    std::size_t address_size;
    Address::Network network;
    AddressText (*text)(std::string_view bytes);
};

constexpr Network kNetworks[] = {
    {1, 4, Address::IPV4, ipv4_text},    {2, 16, Address::IPV6, ipv6_text}, {3, 10, Address::TORV2, torv2_text},
    {4, 32, Address::TORV3, torv3_text}, {5, 32, Address::I2P, i2p_text},   {6, 16, Address::CJDNS, ipv6_text},
};

using Ignored = std::optional<Address::Ignored>;

/// Returns why Core drops the address.
Ignored write_network_and_address(std::uint8_t bip155_id, std::string_view bytes, Writer& message)
{
    const auto* found = std::ranges::find(kNetworks, bip155_id, &Network::bip155_id);
    if (found == std::end(kNetworks) || found->address_size != bytes.size()) {
        message.add_uint32(Address::kUnknownNetworkIdFieldNumber, bip155_id);
        message.add_bytes(Address::kUnknownAddressFieldNumber, bytes);
        return why_unknown_is_ignored(bip155_id);
    }
    message.add_enum(Address::kNetworkFieldNumber, found->network);
    message.add_bytes(Address::kAddressFieldNumber, found->text(bytes).view());
    return why_ignored(found->network, bytes);
}

/// IPv4 and Tor have ranges of IPv6 here, as in Core's SetLegacyIPv6. CJDNS has none: only BIP155 tells it from a
/// private IPv6 address.
Ignored write_legacy_address(std::string_view bytes, Writer& message)
{
    static constexpr std::string_view kMappedIpv4{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
    static constexpr std::string_view kOnionCat{"\xfd\x87\xd8\x7e\xeb\x43"};
    if (bytes.starts_with(kMappedIpv4)) return write_network_and_address(1, bytes.substr(12), message);
    if (bytes.starts_with(kOnionCat)) return write_network_and_address(3, bytes.substr(6), message);
    return write_network_and_address(2, bytes, message);
}

Ignored copy_services_address_port(Reader& reader, Writer& message)
{
    message.add_uint64(Address::kServicesFieldNumber, reader.number<std::uint64_t>());
    const auto ignored = write_legacy_address(reader.fixed_bytes<16>(), message);
    message.add_uint32(Address::kPortFieldNumber, reader.big_endian_u16());
    return ignored;
}

void write_ignored(Ignored ignored, Writer& message)
{
    if (ignored) message.add_enum(Address::kIgnoredFieldNumber, *ignored);
}

} // namespace

void copy_legacy_address(Reader& reader, Writer& parent, std::uint32_t field)
{
    Writer message{parent, field};
    // Core puts none of these into its address manager, whatever they are.
    (void)copy_services_address_port(reader, message);
}

void decode_addr(Reader& reader, TxDetail, Writer& message)
{
    constexpr std::size_t kEntrySize = 4 + 8 + 16 + 2;
    for (auto n = reader.count(kEntrySize, kMaxAddresses, kTooManyAddresses); n > 0 && !message.full(); --n) {
        Writer address{message, Addresses::kAddressesFieldNumber};
        address.add_fixed32(Address::kTimeSFieldNumber, reader.number<std::uint32_t>());
        write_ignored(copy_services_address_port(reader, address), address);
    }
}

void decode_addrv2(Reader& reader, TxDetail, Writer& message)
{
    constexpr std::size_t kMinimumEntrySize = 4 + 1 + 1 + 1 + 2;
    for (auto n = reader.count(kMinimumEntrySize, kMaxAddresses, kTooManyAddresses);
         n > 0 && reader.ok() && !message.full(); --n) {
        Writer address{message, Addresses::kAddressesFieldNumber};
        address.add_fixed32(Address::kTimeSFieldNumber, reader.number<std::uint32_t>());
        address.add_uint64(Address::kServicesFieldNumber, reader.compact_size_without_limit());
        const auto network = reader.number<std::uint8_t>();
        const auto ignored =
            write_network_and_address(network, reader.var_bytes(512, "an address of more than 512 bytes"), address);
        address.add_uint32(Address::kPortFieldNumber, reader.big_endian_u16());
        write_ignored(ignored, address);
    }
}

} // namespace peer_observer::wire
