#include "libs/p2p/elligator_swift.h"

#include <stdexcept>

#ifdef PEER_OBSERVER_ELLIGATOR_SWIFT

#include "libs/base/c_handle.h"

#include <secp256k1.h>
#include <secp256k1_ellswift.h>

namespace peer_observer::p2p {
namespace {

using Context = base::CHandle<secp256k1_context, secp256k1_context_destroy>;

const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void require(bool condition, const char* what)
{
    if (!condition) throw std::invalid_argument{what};
}

} // namespace

bool has_elligator_swift() { return true; }

std::string elligator_swift_key(std::string_view secret, std::string_view entropy)
{
    require(secret.size() == kSecretBytes && entropy.size() == kSecretBytes, "a secret has 32 bytes");
    const Context context{secp256k1_context_create(SECP256K1_CONTEXT_NONE)};
    // Against side channels; the library asks for it before each use of a secret.
    require(secp256k1_context_randomize(context.get(), octets_of(entropy)) == 1, "the context cannot be randomized");
    std::string key(kPublicKeyBytes, '\0');
    require(secp256k1_ellswift_create(context.get(), octets_of(key), octets_of(secret), octets_of(entropy)) == 1,
            "not a private key");
    return key;
}

std::string shared_secret(std::string_view secret, std::string_view our_key, std::string_view their_key, bool we_dialed)
{
    require(secret.size() == kSecretBytes, "a secret has 32 bytes");
    require(our_key.size() == kPublicKeyBytes && their_key.size() == kPublicKeyBytes, "a public key has 64 bytes");
    const Context context{secp256k1_context_create(SECP256K1_CONTEXT_NONE)};
    const auto first = we_dialed ? our_key : their_key;
    const auto second = we_dialed ? their_key : our_key;
    std::string shared(kSecretBytes, '\0');
    require(secp256k1_ellswift_xdh(context.get(), octets_of(shared), octets_of(first), octets_of(second),
                                   octets_of(secret), we_dialed ? 0 : 1, secp256k1_ellswift_xdh_hash_function_bip324,
                                   nullptr) == 1,
            "not a private key");
    return shared;
}

} // namespace peer_observer::p2p

#else

namespace peer_observer::p2p {

bool has_elligator_swift() { return false; }

std::string elligator_swift_key(std::string_view /*secret*/, std::string_view /*entropy*/)
{
    throw std::logic_error{"built without libsecp256k1"};
}

std::string shared_secret(std::string_view /*secret*/, std::string_view /*our_key*/, std::string_view /*their_key*/,
                          bool /*we_dialed*/)
{
    throw std::logic_error{"built without libsecp256k1"};
}

} // namespace peer_observer::p2p

#endif
