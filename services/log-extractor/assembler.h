// From the bytes of a log to its messages: lines, and those that go on for several lines joined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::log_extractor {

/// Longer ones are cut, and what was cut is counted.
inline constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 20U;

struct Message {
    std::string_view raw;         ///< without the last newline
    std::uint64_t offset = 0;     ///< of its first byte
    std::uint64_t full_bytes = 0; ///< larger than `raw` where that was cut
    bool is_continuation = false; ///< it follows a message that was already emitted
};

/// A line that does not begin with a time belongs to the message before it, once there was a time at all
/// (-logtimestamps=0). A message is therefore complete when the next one begins, or when nothing follows it.
/// Blank lines behind a message are no part of it: Core writes five before each start.
class Assembler {
public:
    using Emit = std::function<void(const Message&)>;

    explicit Assembler(Emit emit) : emit_{std::move(emit)} {}

    /// The next bytes, which begin at `offset`.
    void feed(std::string_view bytes, std::uint64_t offset);

    /// Nothing follows for now: emits the message that is complete, and keeps half a line.
    void flush();

    /// Nothing follows at all: emits half a line, too. The next bytes are those of another file.
    void finish();

    /// Whether flush() would emit something.
    bool has_message() const { return is_open_; }

    /// Where the first message begins that was not emitted; `read_to` if there is none.
    std::uint64_t emitted_to(std::uint64_t read_to) const;

private:
    void line(std::string_view text, std::uint64_t offset, std::uint64_t full_bytes);
    void append(std::string_view text, std::uint64_t full_bytes);

    Emit emit_;
    std::string half_line_;
    std::uint64_t half_line_offset_ = 0;
    std::uint64_t half_line_bytes_ = 0; ///< more than are kept, where it is too long

    std::string message_;
    std::uint64_t message_offset_ = 0;
    std::uint64_t message_bytes_ = 0;
    std::uint64_t blank_lines_ = 0; ///< behind the message
    bool is_open_ = false;
    bool is_continuation_ = false;
    bool has_times_ = false;
};

} // namespace peer_observer::log_extractor
