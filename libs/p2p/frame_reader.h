// Splits what arrives on a connection into the messages of the v1 transport.
#pragma once

#include "libs/p2p/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::p2p {

class FrameReader {
public:
    enum class State : std::uint8_t {
        reading,
        stopped, ///< the receiver wanted no more
        // No message can be found behind these.
        wrong_magic,
        bad_type, ///< to Core, too, such a header is invalid
        too_large,
        bad_checksum,
        // Of the v2 transport.
        no_terminator,
        not_authentic,
    };
    /// Both are valid during the call. Returns whether the next message is wanted.
    using Received = std::function<bool(std::string_view type, std::string_view payload)>;

    explicit FrameReader(const Magic& magic) : magic_{magic} {}

    /// Takes the next bytes, and calls `received` for each message that is complete with them. A header is checked as
    /// soon as it is there, its magic even before; a payload takes no more memory than twice what has arrived of it.
    /// Once the state is another one than `reading`, it stays.
    State read(std::string_view bytes, const Received& received);

    /// Whether something of a message has arrived, and not all of it.
    bool is_within_message() const { return header_size_ > 0; }
    bool has_read_a_header() const { return has_read_a_header_; }

private:
    State take_header(std::string_view& bytes);
    State take_payload(std::string_view& bytes, const Received& received);

    Magic magic_;
    State state_ = State::reading;
    bool has_read_a_header_ = false;
    std::array<char, kHeaderBytes> header_{};
    std::size_t header_size_ = 0;  ///< how much of it has arrived
    std::size_t payload_size_ = 0; ///< as the header has it
    std::string payload_;          ///< what has arrived of it, where that is not all
};

/// In words, for an error.
std::string_view describe(FrameReader::State state);

} // namespace peer_observer::p2p
