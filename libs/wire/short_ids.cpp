#include "libs/wire/short_ids.h"

#include "libs/base/little_endian.h"
#include "libs/wire/sha256.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace peer_observer::wire {
namespace {

constexpr std::uint64_t kShortIdMask = 0xffff'ffff'ffff;

/// Of the block's header as it is on the wire, with the nonce behind it.
std::array<char, 16> key_of(const proto::BlockHeader& header, std::uint64_t nonce)
{
    std::string bytes;
    base::append(bytes, std::int32_t{header.version()});
    bytes += header.previous_block_hash();
    bytes += header.merkle_root();
    base::append(bytes, std::uint32_t{header.time_s()});
    base::append(bytes, std::uint32_t{header.bits()});
    base::append(bytes, std::uint32_t{header.nonce()});
    base::append(bytes, nonce);
    const auto digest = sha256(bytes);
    std::array<char, 16> key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

void check(int result)
{
    if (result != 1) throw std::runtime_error{"OpenSSL cannot make a SipHash"};
}

} // namespace

SipHash::SipHash(const std::array<char, 16>& key) : key_{key}
{
    using Algorithm = base::CHandle<EVP_MAC, EVP_MAC_free>;
    // Looking the algorithm up takes longer than hashing with it.
    thread_local const Algorithm siphash{EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_SIPHASH, nullptr)};
    context_.reset(EVP_MAC_CTX_new(siphash.get()));
    check(context_ != nullptr ? 1 : 0);
    std::size_t size = sizeof(std::uint64_t);
    const std::array parameters = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
    check(EVP_MAC_CTX_set_params(context_.get(), parameters.data()));
}

std::uint64_t SipHash::operator()(std::string_view bytes) const
{
    std::uint64_t hash = 0;
    std::size_t size = 0;
    check(EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(key_.data()), key_.size(), nullptr));
    check(EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
    check(EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(&hash), &size, sizeof(hash)));
    check(size == sizeof(hash) ? 1 : 0);
    return hash;
}

ShortIds::ShortIds(const proto::BlockHeader& header, std::uint64_t nonce) : hash_{key_of(header, nonce)} {}

std::uint64_t ShortIds::of(std::string_view wtxid) const { return hash_(wtxid) & kShortIdMask; }

} // namespace peer_observer::wire
