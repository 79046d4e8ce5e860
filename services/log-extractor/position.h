// Where the extractor stopped: a file, a place in it, and what stands before that place.
#pragma once

#include "services/log-extractor/prefix.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::log_extractor {

struct Position {
    std::uint64_t inode = 0;
    std::uint64_t offset = 0; ///< of the first byte that is not published
    /// Up to kContextBytes before `offset`. An inode is used again, and a file may be cut: these bytes show that it is
    /// still the same text.
    std::string context;
    PrefixParser::ThreadNames thread_names = PrefixParser::ThreadNames::unknown;

    static constexpr std::size_t kContextBytes = 256;
};

/// As text of a few lines.
std::string to_text(const Position& position);
/// Nothing where the text is damaged.
std::optional<Position> parse_position(std::string_view text);

/// The file that keeps it.
class PositionFile {
public:
    /// Throws std::runtime_error where the file is there and cannot be read. Without a path, nothing is kept.
    explicit PositionFile(std::string path);

    /// Of the last run. Nothing where there was none.
    const std::optional<Position>& saved() const { return saved_; }

    /// Replaces the file, if something has changed. Logs when that begins to fail and when it works again.
    void save(const Position& position);

private:
    std::string path_;
    std::optional<Position> saved_;
    std::string text_;
    bool failing_ = false;
};

} // namespace peer_observer::log_extractor
