// The chains that Bitcoin Core knows, and the bytes with which their messages begin.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace peer_observer::p2p {

/// The first four bytes of each message of the v1 transport, which tell the network.
using Magic = std::array<char, 4>;

struct Chain {
    std::string_view name; ///< as bitcoind's -chain takes it
    Magic magic;
    std::uint16_t port; ///< by default
};

inline constexpr std::array kChains = {
    Chain{"main", {'\xf9', '\xbe', '\xb4', '\xd9'}, 8333},
    Chain{"test", {'\x0b', '\x11', '\x09', '\x07'}, 18333},
    Chain{"testnet4", {'\x1c', '\x16', '\x3f', '\x28'}, 48333},
    Chain{"signet", {'\x0a', '\x03', '\xcf', '\x40'}, 38333},
    Chain{"regtest", {'\xfa', '\xbf', '\xb5', '\xda'}, 18444},
};

/// Of a signet with that challenge (BIP325).
Magic signet_magic(std::string_view challenge);

} // namespace peer_observer::p2p
