#include <algorithm>

#include "libs/wire/address.h"
#include "libs/wire/address_text.h"
#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

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

void write_network_and_address(std::uint8_t bip155_id, std::string_view bytes, Writer& message)
{
    const auto* found = std::ranges::find(kNetworks, bip155_id, &Network::bip155_id);
    if (found == std::end(kNetworks) || found->address_size != bytes.size()) {
        message.add_uint32(Address::kUnknownNetworkIdFieldNumber, bip155_id);
        message.add_bytes(Address::kUnknownAddressFieldNumber, bytes);
        return;
    }
    message.add_enum(Address::kNetworkFieldNumber, found->network);
    message.add_bytes(Address::kAddressFieldNumber, found->text(bytes).view());
}

/// Other networks hide in ranges of IPv6.
void write_legacy_address(std::string_view bytes, Writer& message)
{
    static constexpr std::string_view kMappedIpv4{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
    static constexpr std::string_view kOnionCat{"\xfd\x87\xd8\x7e\xeb\x43"};
    if (bytes.starts_with(kMappedIpv4)) return write_network_and_address(1, bytes.substr(12), message);
    if (bytes.starts_with(kOnionCat)) return write_network_and_address(3, bytes.substr(6), message);
    write_network_and_address(bytes.starts_with('\xfc') ? 6 : 2, bytes, message);
}

void copy_services_address_port(Reader& reader, Writer& message)
{
    message.add_uint64(Address::kServicesFieldNumber, reader.number<std::uint64_t>());
    write_legacy_address(reader.fixed_bytes<16>(), message);
    message.add_uint32(Address::kPortFieldNumber, reader.big_endian_u16());
}

} // namespace

void copy_legacy_address(Reader& reader, Writer& parent, std::uint32_t field)
{
    Writer message{parent, field};
    copy_services_address_port(reader, message);
}

void decode_addr(Reader& reader, const DecodeOptions&, Writer& message)
{
    constexpr std::size_t kEntrySize = 4 + 8 + 16 + 2;
    for (auto n = reader.count(kEntrySize, kMaxAddresses, kTooManyAddresses); n > 0; --n) {
        Writer address{message, Addresses::kAddressesFieldNumber};
        address.add_fixed32(Address::kTimeSFieldNumber, reader.number<std::uint32_t>());
        copy_services_address_port(reader, address);
    }
}

void decode_addrv2(Reader& reader, const DecodeOptions&, Writer& message)
{
    constexpr std::size_t kMinimumEntrySize = 4 + 1 + 1 + 1 + 2;
    for (auto n = reader.count(kMinimumEntrySize, kMaxAddresses, kTooManyAddresses); n > 0 && reader.ok(); --n) {
        Writer address{message, Addresses::kAddressesFieldNumber};
        address.add_fixed32(Address::kTimeSFieldNumber, reader.number<std::uint32_t>());
        address.add_uint64(Address::kServicesFieldNumber, reader.compact_size());
        const auto network = reader.number<std::uint8_t>();
        write_network_and_address(network, reader.var_bytes(512, "an address of more than 512 bytes"), address);
        address.add_uint32(Address::kPortFieldNumber, reader.big_endian_u16());
    }
}

} // namespace peer_observer::wire
