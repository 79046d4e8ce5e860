// How messages travel on a connection with a node: the v1 transport, in plain text, or v2 (BIP324), encrypted. No I/O.
#pragma once

#include "libs/p2p/chain.h"
#include "libs/p2p/frame_reader.h"
#include "libs/p2p/message.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::p2p {

class Transport {
public:
    using State = FrameReader::State;

    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    /// Takes the next bytes, and calls `received` for each message that is complete with them. Once the state is
    /// another one than `reading`, it stays.
    virtual State read(std::string_view bytes, const FrameReader::Received& received) = 0;
    /// Sends a message as soon as the transport can.
    virtual void send(std::string_view type, std::string_view payload) = 0;
    /// What is to be sent now, which is then no longer here.
    std::string take_output() { return std::exchange(output_, {}); }
    /// Whether something has come that only a node of this network sends.
    virtual bool knows_network() const = 0;
    /// By which both sides know that nobody is between them: getpeerinfo has it. Empty in v1, and before it is known.
    virtual std::string session_id() const { return {}; }

protected:
    std::string output_;
};

class V1Transport : public Transport {
public:
    explicit V1Transport(const Magic& magic) : magic_{magic}, reader_{magic} {}

    State read(std::string_view bytes, const FrameReader::Received& received) override
    {
        return reader_.read(bytes, received);
    }
    void send(std::string_view type, std::string_view payload) override { output_ += message(magic_, type, payload); }
    bool knows_network() const override { return reader_.has_read_a_header(); }

private:
    Magic magic_;
    FrameReader reader_;
};

/// Whether this build has the v2 transport: it needs libsecp256k1 with ElligatorSwift.
bool has_v2_transport();

/// `v2`: dials with v2, or takes what the node dials with, v2 or v1. Throws std::runtime_error where this build has no
/// v2 transport.
std::unique_ptr<Transport> make_transport(const Magic& magic, bool v2, bool dials);

} // namespace peer_observer::p2p
