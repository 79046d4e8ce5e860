#include "libs/p2p/v2_cipher.h"

#include "libs/p2p/message.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <stdexcept>

namespace peer_observer::p2p {
namespace {

constexpr std::uint64_t kRekeyInterval = 224;
constexpr std::size_t kKeyBytes = 32;
constexpr std::uint8_t kIgnoreBit = 0x80;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// These calls fail only where there is no memory, or where OpenSSL was built without the algorithm.
void check(bool done)
{
    if (!done) throw std::runtime_error{"OpenSSL: a cipher of the v2 transport does not work"};
}

/// HKDF-SHA256, 32 bytes.
std::string derive(std::string_view secret, std::string_view salt, std::string_view info)
{
    const base::CHandle<EVP_KDF, EVP_KDF_free> function{EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr)};
    check(function != nullptr);
    const base::CHandle<EVP_KDF_CTX, EVP_KDF_CTX_free> context{EVP_KDF_CTX_new(function.get())};
    std::string digest{"SHA256"};
    const auto octets = [](const char* name, std::string_view value) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
    };
    const std::array parameters = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                   octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
                                   octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    std::string derived(kKeyBytes, '\0');
    check(EVP_KDF_derive(context.get(), bytes_of(derived), derived.size(), parameters.data()) == 1);
    return derived;
}

template <typename Number>
std::string little_endian(Number number)
{
    std::string bytes;
    append(bytes, number);
    return bytes;
}

std::string salt_of(const Magic& magic) { return "bitcoin_v2_shared_secret" + std::string{magic.data(), magic.size()}; }

} // namespace

LengthCipher::LengthCipher(std::string_view key) { start(key); }

void LengthCipher::start(std::string_view key)
{
    // The block counter and the nonce: four zero bytes, how often the key has changed.
    const auto iv = little_endian(std::uint64_t{0}) + little_endian(chunks_ / kRekeyInterval);
    check(EVP_EncryptInit_ex2(context_.get(), EVP_chacha20(), bytes_of(key), bytes_of(iv), nullptr) == 1);
}

std::string LengthCipher::stream(std::string_view text)
{
    std::string out(text.size(), '\0');
    int written = 0;
    check(EVP_EncryptUpdate(context_.get(), bytes_of(out), &written, bytes_of(text), static_cast<int>(text.size())) ==
          1);
    return out;
}

std::string LengthCipher::crypt(std::string_view chunk)
{
    auto out = stream(chunk);
    if (++chunks_ % kRekeyInterval == 0) start(stream(std::string(kKeyBytes, '\0')));
    return out;
}

std::string PacketCipher::nonce(std::uint32_t first) const
{
    return little_endian(first) + little_endian(packets_ / kRekeyInterval);
}

std::string PacketCipher::seal(std::string_view nonce, std::string_view text, std::string_view aad)
{
    auto* const context = context_.get();
    std::string out(text.size() + kTagBytes, '\0');
    int written = 0;
    check(EVP_EncryptInit_ex2(context, EVP_chacha20_poly1305(), bytes_of(key_), bytes_of(nonce), nullptr) == 1);
    check(EVP_EncryptUpdate(context, nullptr, &written, bytes_of(aad), static_cast<int>(aad.size())) == 1);
    check(EVP_EncryptUpdate(context, bytes_of(out), &written, bytes_of(text), static_cast<int>(text.size())) == 1);
    check(EVP_EncryptFinal_ex(context, bytes_of(out) + written, &written) == 1);
    check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, bytes_of(out) + text.size()) == 1);
    return out;
}

std::string PacketCipher::encrypt(std::string_view text, std::string_view aad)
{
    auto out = seal(nonce(static_cast<std::uint32_t>(packets_ % kRekeyInterval)), text, aad);
    advance();
    return out;
}

std::optional<std::string> PacketCipher::decrypt(std::string_view packet, std::string_view aad)
{
    auto* const context = context_.get();
    const auto text = packet.substr(0, packet.size() - kTagBytes);
    std::string tag{packet.substr(text.size())};
    std::string out(text.size(), '\0');
    int written = 0;
    const auto number = nonce(static_cast<std::uint32_t>(packets_ % kRekeyInterval));
    check(EVP_DecryptInit_ex2(context, EVP_chacha20_poly1305(), bytes_of(key_), bytes_of(number), nullptr) == 1);
    check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
    check(EVP_DecryptUpdate(context, nullptr, &written, bytes_of(aad), static_cast<int>(aad.size())) == 1);
    check(EVP_DecryptUpdate(context, bytes_of(out), &written, bytes_of(text), static_cast<int>(text.size())) == 1);
    if (EVP_DecryptFinal_ex(context, bytes_of(out) + written, &written) != 1) return std::nullopt;
    advance();
    return out;
}

void PacketCipher::advance()
{
    if ((packets_ + 1) % kRekeyInterval == 0)
        key_ = seal(nonce(0xffff'ffff), std::string(kKeyBytes, '\0'), {}).substr(0, kKeyBytes);
    ++packets_;
}

V2Cipher::V2Cipher(std::string_view shared_secret, const Magic& magic, bool we_dialed)
    : session_id_{derive(shared_secret, salt_of(magic), "session_id")},
      send_length_{derive(shared_secret, salt_of(magic), we_dialed ? "initiator_L" : "responder_L")},
      send_packet_{derive(shared_secret, salt_of(magic), we_dialed ? "initiator_P" : "responder_P")},
      receive_length_{derive(shared_secret, salt_of(magic), we_dialed ? "responder_L" : "initiator_L")},
      receive_packet_{derive(shared_secret, salt_of(magic), we_dialed ? "responder_P" : "initiator_P")}
{
    const auto terminators = derive(shared_secret, salt_of(magic), "garbage_terminators");
    our_terminator_ = terminators.substr(we_dialed ? 0 : kTerminatorBytes, kTerminatorBytes);
    their_terminator_ = terminators.substr(we_dialed ? kTerminatorBytes : 0, kTerminatorBytes);
}

std::string V2Cipher::encrypt(std::string_view contents, std::string_view aad, bool ignore)
{
    std::string text(1, ignore ? static_cast<char>(kIgnoreBit) : '\0');
    text += contents;
    const auto length = little_endian(static_cast<std::uint32_t>(contents.size())).substr(0, kLengthBytes);
    return send_length_.crypt(length) + send_packet_.encrypt(text, aad);
}

std::size_t V2Cipher::decrypt_length(std::string_view bytes)
{
    std::size_t length = 0;
    unsigned shift = 0;
    for (const char byte : receive_length_.crypt(bytes)) {
        length |= std::size_t{static_cast<unsigned char>(byte)} << shift;
        shift += 8;
    }
    return length;
}

std::optional<V2Cipher::Packet> V2Cipher::decrypt(std::string_view packet, std::string_view aad)
{
    if (packet.size() < kPacketHeaderBytes + kTagBytes) return std::nullopt;
    auto text = receive_packet_.decrypt(packet, aad);
    if (!text) return std::nullopt;
    const bool ignore = (static_cast<unsigned char>(text->front()) & kIgnoreBit) != 0;
    text->erase(0, kPacketHeaderBytes);
    return Packet{*std::move(text), ignore};
}

} // namespace peer_observer::p2p
