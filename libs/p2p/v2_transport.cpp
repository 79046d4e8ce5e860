#include "libs/p2p/v2_transport.h"

#include "libs/base/limits.h"
#include "libs/p2p/elligator_swift.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace peer_observer::p2p {
namespace {

using namespace std::string_view_literals;
using State = Transport::State;

constexpr std::size_t kMostGarbage = 4095;
/// V2Transport::MAX_CONTENTS_LEN (net.cpp) of Core: a long message type in front of the largest payload.
constexpr std::size_t kMostContents = 1 + kTypeBytes + base::kMaxPayloadBytes;
/// What a connection keeps of its buffer after a large message.
constexpr std::size_t kKeptInputBytes = std::size_t{64} << 10U;
/// How a v1 connection begins, behind the magic.
constexpr auto kV1Version = "version\0\0\0\0\0"sv;

/// By their number in a packet; V2_MESSAGE_IDS (net.cpp) of Core. 0: twelve bytes with the type follow.
constexpr std::array kTypes = {""sv,
                               "addr"sv,
                               "block"sv,
                               "blocktxn"sv,
                               "cmpctblock"sv,
                               "feefilter"sv,
                               "filteradd"sv,
                               "filterclear"sv,
                               "filterload"sv,
                               "getblocks"sv,
                               "getblocktxn"sv,
                               "getdata"sv,
                               "getheaders"sv,
                               "headers"sv,
                               "inv"sv,
                               "mempool"sv,
                               "merkleblock"sv,
                               "notfound"sv,
                               "ping"sv,
                               "pong"sv,
                               "sendcmpct"sv,
                               "tx"sv,
                               "getcfilters"sv,
                               "cfilter"sv,
                               "getcfheaders"sv,
                               "cfheaders"sv,
                               "getcfcheckpt"sv,
                               "cfcheckpt"sv,
                               "addrv2"sv};

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    if (count > 0 && RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error{"OpenSSL has no random bytes"};
    return bytes;
}

std::string contents_of(std::string_view type, std::string_view payload)
{
    const auto found = std::find(kTypes.begin() + 1, kTypes.end(), type);
    std::string contents(1, found == kTypes.end() ? '\0' : static_cast<char>(found - kTypes.begin()));
    if (found == kTypes.end()) {
        contents += type;
        contents.resize(1 + kTypeBytes, '\0');
    }
    contents += payload;
    return contents;
}

} // namespace

V2Transport::Secrets V2Transport::Secrets::random()
{
    const auto size = random_bytes(2);
    const auto garbage = static_cast<unsigned char>(size[0]) * 256U + static_cast<unsigned char>(size[1]);
    return {random_bytes(kSecretBytes), random_bytes(kSecretBytes), random_bytes(garbage % (kMostGarbage + 1))};
}

V2Transport::V2Transport(const Magic& magic, bool we_dial, const Secrets& secrets)
    : magic_{magic}, we_dial_{we_dial}, secret_{secrets.key},
      our_key_{elligator_swift_key(secrets.key, secrets.entropy)}, our_garbage_{secrets.garbage},
      phase_{we_dial ? Phase::key : Phase::first_bytes}
{
    if (we_dial_) output_ = our_key_ + our_garbage_;
}

State V2Transport::read(std::string_view bytes, const FrameReader::Received& received)
{
    if (v1_) return v1_->read(bytes, received);
    if (state_ != State::reading) return state_;
    input_ += bytes;
    const auto take = [&] {
        switch (phase_) {
        case Phase::first_bytes:
            return take_first_bytes(received);
        case Phase::key:
            return take_key();
        case Phase::garbage:
            return take_garbage();
        case Phase::version:
        case Phase::messages:
            return take_packet(received);
        }
        return false;
    };
    while (state_ == State::reading && take()) {
    }
    input_.erase(0, std::exchange(taken_, 0));
    if (input_.empty() && input_.capacity() > kKeptInputBytes) input_.shrink_to_fit();
    return state_;
}

/// As Core does (V2Transport::ProcessReceivedMaybeV1Bytes(), net.cpp): v2 from the first byte on that v1 would not
/// have.
bool V2Transport::take_first_bytes(const FrameReader::Received& received)
{
    const auto v1 = std::string{magic_.data(), magic_.size()} + std::string{kV1Version};
    const auto size = std::min(v1.size(), input_.size());
    if (std::string_view{input_}.substr(0, size) != v1.substr(0, size)) {
        output_ = our_key_ + our_garbage_;
        phase_ = Phase::key;
        return true;
    }
    if (size < v1.size()) return false;
    v1_ = std::make_unique<V1Transport>(magic_);
    state_ = v1_->read(input_, received);
    taken_ = input_.size();
    return false;
}

bool V2Transport::take_key()
{
    if (waiting().size() < kPublicKeyBytes) return false;
    cipher_.emplace(shared_secret(secret_, our_key_, waiting().substr(0, kPublicKeyBytes), we_dial_), magic_, we_dial_);
    OPENSSL_cleanse(secret_.data(), secret_.size());
    taken_ += kPublicKeyBytes;
    output_ += cipher_->our_terminator();
    output_ += cipher_->encrypt({}, our_garbage_); // the version packet, without contents
    for (const auto& [type, payload] : std::exchange(unsent_, {}))
        send(type, payload);
    phase_ = Phase::garbage;
    return true;
}

bool V2Transport::take_garbage()
{
    const auto found = waiting().substr(0, kMostGarbage + kTerminatorBytes).find(cipher_->their_terminator());
    if (found == std::string_view::npos)
        return waiting().size() >= kMostGarbage + kTerminatorBytes && fail(State::no_terminator);
    their_garbage_ = waiting().substr(0, found);
    taken_ += found + kTerminatorBytes;
    phase_ = Phase::version;
    return true;
}

bool V2Transport::take_packet(const FrameReader::Received& received)
{
    if (!length_) {
        if (waiting().size() < kLengthBytes) return false;
        length_ = cipher_->decrypt_length(waiting().substr(0, kLengthBytes));
        taken_ += kLengthBytes;
        if (*length_ > kMostContents) return fail(State::too_large);
    }
    const auto size = kPacketHeaderBytes + *length_ + kTagBytes;
    if (waiting().size() < size) return false;
    const auto packet = cipher_->decrypt(waiting().substr(0, size), std::exchange(their_garbage_, {}));
    if (!packet) return fail(State::not_authentic);
    taken_ += size;
    length_.reset();
    if (packet->ignore) return true;
    if (phase_ == Phase::messages)
        take_message(packet->contents, received);
    else
        phase_ = Phase::messages; // the version packet, whose contents are for later versions
    return true;
}

void V2Transport::take_message(std::string_view contents, const FrameReader::Received& received)
{
    if (contents.empty()) return void(fail(State::bad_type));
    const auto number = static_cast<unsigned char>(contents.front());
    contents.remove_prefix(1);
    std::string_view type;
    if (number == 0) {
        if (contents.size() < kTypeBytes || !is_message_type(contents.substr(0, kTypeBytes)))
            return void(fail(State::bad_type));
        type = contents.substr(0, kTypeBytes);
        type = type.substr(0, type.find('\0'));
        contents.remove_prefix(kTypeBytes);
    } else if (number < kTypes.size()) {
        type = kTypes[number];
    } else {
        return; // of a later version; Core ignores it, too
    }
    if (contents.size() > base::kMaxPayloadBytes) return void(fail(State::too_large));
    if (!received(type, contents)) state_ = State::stopped;
}

bool V2Transport::fail(State state)
{
    state_ = state;
    return false;
}

void V2Transport::send(std::string_view type, std::string_view payload)
{
    if (v1_) {
        v1_->send(type, payload);
        output_ += v1_->take_output();
    } else if (cipher_) {
        output_ += cipher_->encrypt(contents_of(type, payload));
    } else {
        unsent_.emplace_back(type, payload);
    }
}

bool V2Transport::knows_network() const { return v1_ ? v1_->knows_network() : phase_ == Phase::messages; }

std::string V2Transport::session_id() const { return phase_ == Phase::messages ? cipher_->session_id() : ""; }

bool has_v2_transport() { return has_elligator_swift(); }

std::unique_ptr<Transport> make_transport(const Magic& magic, bool v2, bool dials)
{
    if (!v2) return std::make_unique<V1Transport>(magic);
    return std::make_unique<V2Transport>(magic, dials);
}

} // namespace peer_observer::p2p
