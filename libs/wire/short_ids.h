// Short transaction ids of compact blocks (BIP 152).
#pragma once

#include "libs/base/c_handle.h"
#include "proto/p2p.pb.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace peer_observer::wire {

/// SipHash-2-4 with 64 bits. Throws std::runtime_error where OpenSSL has none.
class SipHash {
public:
    explicit SipHash(const std::array<char, 16>& key);
    std::uint64_t operator()(std::string_view bytes) const;

private:
    std::array<char, 16> key_;
    base::CHandle<EVP_MAC_CTX, EVP_MAC_CTX_free> context_;
};

/// The ids in the compact block with this header and nonce: each peer chooses its own.
class ShortIds {
public:
    ShortIds(const proto::BlockHeader& header, std::uint64_t nonce);

    /// Six bytes, of the wtxid: Core knows version 2 only (CBlockHeaderAndShortTxIDs::GetShortID(),
    /// blockencodings.cpp).
    std::uint64_t of(std::string_view wtxid) const;

private:
    SipHash hash_;
};

} // namespace peer_observer::wire
