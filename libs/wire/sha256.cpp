// OpenSSL 3 deprecates these functions in favour of EVP, whose every digest allocates and takes nearly twice as
// long for 32 bytes: the second round of each double hash.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "libs/wire/sha256.h"

#include <openssl/sha.h>

namespace peer_observer::wire {

Hash sha256(std::string_view bytes)
{
    Hash hash;
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(hash.data()));
    return hash;
}

Hash double_sha256(std::initializer_list<std::string_view> parts)
{
    std::array<unsigned char, 32> digest;
    SHA256_CTX context;
    SHA256_Init(&context);
    for (const auto part : parts)
        SHA256_Update(&context, part.data(), part.size());
    SHA256_Final(digest.data(), &context);

    Hash hash;
    SHA256_Init(&context);
    SHA256_Update(&context, digest.data(), digest.size());
    SHA256_Final(reinterpret_cast<unsigned char*>(hash.data()), &context);
    return hash;
}

} // namespace peer_observer::wire
