// The v2 transport (BIP324): key exchange, encrypted packets, short message types. Where the node dials, also v1.
#pragma once

#include "libs/p2p/transport.h"
#include "libs/p2p/v2_cipher.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::p2p {

class V2Transport : public Transport {
public:
    /// What is chosen at random: a private key and its entropy of 32 bytes each, and garbage of up to 4095.
    struct Secrets {
        std::string key;
        std::string entropy;
        std::string garbage;

        static Secrets random();
    };

    /// Throws std::invalid_argument if the secrets are none.
    V2Transport(const Magic& magic, bool we_dial, const Secrets& secrets = Secrets::random());

    State read(std::string_view bytes, const FrameReader::Received& received) override;
    void send(std::string_view type, std::string_view payload) override;
    bool knows_network() const override;
    std::string session_id() const override;

private:
    enum class Phase : std::uint8_t {
        first_bytes, ///< the node dials: v1 or v2?
        key,
        garbage,
        version, ///< the first packet that is not to be ignored
        messages,
    };

    /// Each takes what it can from the front of what has come. False: more bytes are needed.
    bool take_first_bytes(const FrameReader::Received& received);
    bool take_key();
    bool take_garbage();
    bool take_packet(const FrameReader::Received& received);
    bool fail(State state);
    void take_message(std::string_view contents, const FrameReader::Received& received);
    std::string_view waiting() const { return std::string_view{input_}.substr(taken_); }

    Magic magic_;
    bool we_dial_;
    std::string secret_; ///< of our key, until the exchange
    std::string our_key_;
    std::string our_garbage_;
    std::string their_garbage_; ///< until the first packet has authenticated it
    Phase phase_;
    State state_ = State::reading;
    std::string input_;
    std::size_t taken_ = 0;             ///< of input_
    std::optional<std::size_t> length_; ///< of the contents of the next packet, once that is known
    std::optional<V2Cipher> cipher_;
    std::vector<std::pair<std::string, std::string>> unsent_; ///< messages that wait for the key exchange
    std::unique_ptr<V1Transport> v1_;                         ///< the node has dialed with v1
};

} // namespace peer_observer::p2p
