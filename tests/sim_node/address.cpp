#include "tests/sim_node/address.h"

#include "tests/sim_node/hashes.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace peer_observer::sim_node {
namespace {

std::string ip_text(int family, const Bytes& bytes)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(family, bytes.data(), text.data(), text.size());
    return text.data();
}

Bytes random_ipv4(Random& random)
{
    return {random.between<std::uint8_t>(240, 254), random.below<std::uint8_t>(255), random.below<std::uint8_t>(255),
            random.between<std::uint8_t>(1, 254)};
}

Bytes with_prefix(std::initializer_list<std::uint8_t> prefix, Bytes bytes)
{
    std::ranges::copy(prefix, bytes.begin());
    return bytes;
}

} // namespace

std::string Address::text() const
{
    switch (network) {
    case Network::ipv4:
        return ip_text(AF_INET, bytes);
    case Network::ipv6:
    case Network::cjdns:
        return ip_text(AF_INET6, bytes);
    case Network::onion:
        return onion_address(bytes);
    case Network::i2p:
        return base32(bytes) + ".b32.i2p";
    case Network::unroutable:
    case Network::internal:
        break;
    }
    return "127.0.0.1";
}

std::string Address::text_with_port() const
{
    const bool brackets = network == Network::ipv6 || network == Network::cjdns;
    return brackets ? fmt::format("[{}]:{}", text(), port) : fmt::format("{}:{}", text(), port);
}

std::optional<Bytes> Address::legacy() const
{
    if (network == Network::ipv4) return Writer{}.zeros(10).u8(0xff).u8(0xff).raw(bytes).take();
    if (network == Network::ipv6) return bytes;
    return std::nullopt;
}

std::uint8_t Address::bip155_network() const
{
    switch (network) {
    case Network::ipv4:
        return 1;
    case Network::ipv6:
        return 2;
    case Network::onion:
        return 4;
    case Network::i2p:
        return 5;
    case Network::cjdns:
        return 6;
    case Network::unroutable:
    case Network::internal:
        break;
    }
    return 0;
}

Address random_address(Random& random)
{
    const auto draw = random.below(100U);
    if (draw < 45) return random_address(random, Network::ipv4);
    if (draw < 60) return random_address(random, Network::ipv6);
    if (draw < 90) return random_address(random, Network::onion);
    if (draw < 97) return random_address(random, Network::i2p);
    return random_address(random, Network::cjdns);
}

Address random_address(Random& random, Network network)
{
    const std::uint16_t port = random.chance(90) ? 8333 : random.between<std::uint16_t>(1024, 65535);
    switch (network) {
    case Network::ipv4:
        return {network, random_ipv4(random), port};
    case Network::ipv6:
        return {network, with_prefix({0x01}, random.bytes(16)), port};
    case Network::onion:
        return {network, random.bytes(32), 8333};
    case Network::i2p:
        return {network, random.bytes(32), 0};
    case Network::cjdns:
        return {network, with_prefix({0xfc}, random.bytes(16)), port};
    case Network::unroutable:
    case Network::internal:
        break;
    }
    return {Network::unroutable, {127, 0, 0, 1}, port};
}

} // namespace peer_observer::sim_node
