#include "services/log-extractor/assembler.h"

#include "services/log-extractor/prefix.h"

#include <algorithm>
#include <utility>

namespace peer_observer::log_extractor {
namespace {

/// Appends what there is room for.
void append_up_to_limit(std::string& out, std::string_view text)
{
    out += text.substr(0, kMaxMessageBytes - std::min(kMaxMessageBytes, out.size()));
}

} // namespace

void Assembler::feed(std::string_view bytes, std::uint64_t offset)
{
    while (!bytes.empty()) {
        const auto newline = bytes.find('\n');
        const auto piece = bytes.substr(0, newline);
        if (newline == std::string_view::npos || half_line_bytes_ > 0) {
            if (half_line_bytes_ == 0) half_line_offset_ = offset;
            append_up_to_limit(half_line_, piece);
            half_line_bytes_ += piece.size();
        }
        if (newline == std::string_view::npos) return;
        if (half_line_bytes_ > 0)
            line(half_line_, half_line_offset_, half_line_bytes_);
        else
            line(piece, offset, piece.size());
        half_line_.clear();
        half_line_bytes_ = 0;
        bytes.remove_prefix(newline + 1);
        offset += newline + 1;
    }
}

void Assembler::line(std::string_view text, std::uint64_t offset, std::uint64_t full_bytes)
{
    if (text.empty()) {
        ++blank_lines_;
        return;
    }
    const bool has_time = begins_with_time(text);
    // A node without times may follow one with them, in the same file.
    const bool is_start = !has_time && blank_lines_ > 0 && is_version_line(text);
    if (has_time || is_start) has_times_ = has_time;
    const bool is_first = has_time || is_start || !has_times_;
    if (!is_first && is_open_) {
        append(text, full_bytes);
        return;
    }
    flush();
    blank_lines_ = 0;
    message_offset_ = offset;
    is_continuation_ = !is_first;
    is_open_ = true;
    append_up_to_limit(message_, text);
    message_bytes_ = full_bytes;
}

void Assembler::append(std::string_view text, std::uint64_t full_bytes)
{
    const std::uint64_t newlines = std::exchange(blank_lines_, 0) + 1;
    append_up_to_limit(message_, std::string(std::min<std::uint64_t>(newlines, kMaxMessageBytes), '\n'));
    append_up_to_limit(message_, text);
    message_bytes_ += newlines + full_bytes;
}

void Assembler::flush()
{
    if (!std::exchange(is_open_, false)) return;
    emit_({message_, message_offset_, message_bytes_, is_continuation_});
    message_.clear();
    if (message_.capacity() > kMaxMessageBytes / 4) message_.shrink_to_fit();
}

void Assembler::finish()
{
    if (half_line_bytes_ > 0) line(half_line_, half_line_offset_, half_line_bytes_);
    half_line_.clear();
    half_line_bytes_ = 0;
    flush();
    blank_lines_ = 0;
}

std::uint64_t Assembler::emitted_to(std::uint64_t read_to) const
{
    if (is_open_) return message_offset_;
    return half_line_bytes_ > 0 ? half_line_offset_ : read_to;
}

} // namespace peer_observer::log_extractor
