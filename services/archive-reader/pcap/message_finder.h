// Finds the messages of the v1 transport in the bytes of one direction of a connection, of which some may be missing.
#pragma once

#include "libs/p2p/chain.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::archive_reader {

/// A message is what has a valid header and checksum. Until February 2012 version and verack had no checksum, and
/// before protocol version 209 no message had one: such are found, too, where a connection begins with one.
class MessageFinder {
public:
    /// The views are valid until the next call of add(), lose() or next().
    struct Message {
        std::string_view type;
        std::string_view payload;
        std::uint64_t time_ns = 0; ///< of its last byte
    };

    /// `is_beginning`: the first bytes are those with which the connection began.
    MessageFinder(const p2p::Magic& magic, bool is_beginning);

    void add(std::string_view bytes, std::uint64_t time_ns);
    /// `count` bytes are missing here.
    void lose(std::uint64_t count);
    std::optional<Message> next();

    bool has_found() const { return has_found_; }
    /// The connection does not begin with a message of this network: nothing is read of this direction.
    bool is_other() const { return is_other_; }
    /// It begins with a message of another network that is known.
    bool is_of_other_chain() const { return is_of_other_chain_; }
    /// Messages with a wrong checksum or type, which Bitcoin Core ignores, too.
    std::uint64_t rejected() const { return rejected_; }
    /// Places at which there was no message behind one.
    std::uint64_t out_of_sync() const { return out_of_sync_; }
    /// What it takes, about.
    std::size_t memory() const { return buffer_.capacity() + times_.size() * sizeof(times_.front()); }

private:
    enum class Verdict : std::uint8_t { wait, nothing, message, without_checksum, rejected };

    std::string_view rest() const { return std::string_view{buffer_}.substr(position_); }
    std::string_view magic() const { return {magic_.data(), magic_.size()}; }
    bool begins_like_message(std::string_view bytes) const;
    bool recognise_other();
    Verdict examine(std::string_view bytes);
    bool has_right_checksum(std::string_view bytes, std::size_t payload_bytes);
    bool is_without_checksum(std::string_view bytes, std::size_t payload_bytes) const;
    void consume(std::size_t count);
    void stop();

    p2p::Magic magic_;
    bool is_synced_; ///< the next byte is the first one of a message
    bool has_found_ = false;
    bool is_other_ = false;
    bool is_of_other_chain_ = false;
    bool is_old_ = false;        ///< the version message had no checksum
    bool has_checksums_ = false; ///< of a connection that is not old
    std::uint64_t to_skip_ = 0;  ///< the rest of a message of which a part is missing
    std::uint64_t rejected_ = 0;
    std::uint64_t out_of_sync_ = 0;
    std::uint64_t may_be_hashed_; ///< bytes, while searching

    std::string buffer_;
    std::size_t position_ = 0;                                  ///< where rest() begins in it
    std::uint64_t buffer_offset_ = 0;                           ///< of the buffer in the stream
    std::deque<std::pair<std::uint64_t, std::uint64_t>> times_; ///< bytes before this offset came at this time
};

} // namespace peer_observer::archive_reader
