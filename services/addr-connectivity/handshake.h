// The beginning of Bitcoin's v1 handshake: the version message that we send, and the one that we wait for.
#pragma once

#include "proto/addr_connectivity.pb.h"
#include "proto/p2p.pb.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::addr_connectivity {

using Result = proto::AddressChecked::Result;
/// The first four bytes of each message, which tell the network.
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

struct Greeting {
    Magic magic{};
    std::string user_agent;  ///< at most 256 bytes
    std::int64_t time_s = 0; ///< UNIX time
    std::uint64_t nonce = 0;
};

/// A version message that tells nothing about us or whom we think to talk to: both addresses are empty.
std::string version_message(const Greeting& greeting);

/// Reads what the other end sends, in pieces of any size, up to its version message. Keeps 1 KiB, whatever is sent.
class VersionReader {
public:
    /// `nonce`: of our own version message, which is not an answer if it comes back.
    explicit VersionReader(const Magic& magic, std::uint64_t nonce) : magic_{magic}, nonce_{nonce} {}

    enum class State : std::uint8_t { more, done, failed };
    /// Reads no further than it has to: what follows the version message is not looked at. Call it while there is
    /// `more`.
    State read(std::span<const char> bytes);
    /// Why there will be no version message although the connection has ended.
    Result result_at_end() const;

    const proto::Version& version() const { return version_; } ///< when done
    Result result() const { return result_; }                  ///< NOT_BITCOIN or WRONG_NETWORK, when failed
    const std::string& reason() const { return reason_; }      ///< likewise
    std::string_view first_bytes() const { return {buffer_.data(), size_ < kFirstBytes ? size_ : kFirstBytes}; }

private:
    static constexpr std::size_t kFirstBytes = 64;
    static constexpr std::size_t kHeaderSize = 24;
    /// Core's are up to 358 bytes long.
    static constexpr std::size_t kMaxPayload = 1000;

    State fail(Result result, std::string reason);
    State check_magic();
    State check_header();
    State check_payload();
    std::string_view view(std::size_t offset, std::size_t size) const { return {buffer_.data() + offset, size}; }

    Magic magic_;
    std::uint64_t nonce_;
    std::array<char, kHeaderSize + kMaxPayload> buffer_{};
    std::size_t size_ = 0;
    std::size_t wanted_ = sizeof(Magic); ///< bytes until the next check
    Result result_ = proto::AddressChecked::UNKNOWN_RESULT;
    std::string reason_;
    proto::Version version_;
};

} // namespace peer_observer::addr_connectivity
