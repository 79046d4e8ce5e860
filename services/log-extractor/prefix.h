// What stands before the message of a line of debug.log: time, thread, source location, category and level.
#pragma once

#include "services/log-extractor/wallet_names.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace peer_observer::log_extractor {

/// Views into the line.
struct Prefix {
    std::optional<std::int64_t> time_us; ///< UNIX time
    bool has_microseconds = false;
    std::optional<std::int64_t> mocktime_s; ///< UNIX time
    std::string_view thread;
    std::string_view source_file;
    std::uint32_t source_line = 0;
    std::string_view function;
    std::string_view category; ///< empty = none
    std::string_view level;
    bool suppressing = false; ///< the node suppresses some other line
    std::size_t message_offset = 0;
};

/// Whether the line begins with a time: it is the first one of a message then.
bool begins_with_time(std::string_view line);

/// Whether the line is the first one that a node writes, whatever is before the message.
bool is_version_line(std::string_view line);

/// Which parts a line has depends on the node's options, and `[net]` is the name of a thread and of a category. The
/// parser learns from lines that are clear whether there are names of threads: each node's first line, UpdateTip, lines
/// with both.
class PrefixParser {
public:
    enum class ThreadNames : std::uint8_t { unknown, on, off };

    /// `given`: what the operator says; nothing is learned then.
    explicit PrefixParser(ThreadNames given = ThreadNames::unknown)
        : thread_names_{given}, is_given_{given != ThreadNames::unknown}
    {}

    Prefix parse(std::string_view line);

    /// Of an earlier run: lines that are clear decide otherwise.
    void assume(ThreadNames names) { learn(names, false); }
    ThreadNames thread_names() const { return thread_names_; }

private:
    void learn(ThreadNames seen, bool is_certain);

    ThreadNames thread_names_;
    WalletNames wallets_;
    bool is_given_;
};

} // namespace peer_observer::log_extractor
