// The version message that we wait for, at the beginning of Bitcoin's v1 handshake.
#pragma once

#include "libs/p2p/message.h"
#include "proto/addr_connectivity.pb.h"
#include "proto/p2p.pb.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace peer_observer::addr_connectivity {

using Result = proto::AddressChecked::Result;
/// Reads what the other end sends, in pieces of any size, up to its version message. Keeps 1 KiB, whatever is sent.
class VersionReader {
public:
    /// `nonce`: of our own version message, which is not an answer if it comes back.
    explicit VersionReader(const p2p::Magic& magic, std::uint64_t nonce) : magic_{magic}, nonce_{nonce} {}

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
    /// Core's are up to 358 bytes long.
    static constexpr std::size_t kMaxPayload = 1000;

    State fail(Result result, std::string reason);
    State check_magic();
    State check_header();
    State check_payload();
    std::string_view view(std::size_t offset, std::size_t size) const { return {buffer_.data() + offset, size}; }

    p2p::Magic magic_;
    std::uint64_t nonce_;
    std::array<char, p2p::kHeaderBytes + kMaxPayload> buffer_{};
    std::size_t size_ = 0;
    std::size_t wanted_ = sizeof(p2p::Magic); ///< bytes until the next check
    Result result_ = proto::AddressChecked::UNKNOWN_RESULT;
    std::string reason_;
    proto::Version version_;
};

} // namespace peer_observer::addr_connectivity
