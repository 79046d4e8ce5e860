// Writes one JSON value piece by piece, in printable ASCII.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace peer_observer::print {

/// Appends to `out`, which must outlive it. The caller's order of calls is the order of the text; commas are put in.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_{out}, begin_{out.size()} {}

    void start_object() { open('{'); }
    void end_object() { out_.push_back('}'); }
    void start_array() { open('['); }
    void end_array() { out_.push_back(']'); }
    /// Of the value that is written next. UTF-8, as string().
    void key(std::string_view name);
    /// `text` must be valid UTF-8; what is not printable ASCII is escaped.
    void string(std::string_view text);
    void number(std::integral auto value)
    {
        separate();
        out_ += std::to_string(value);
    }
    /// Null where it is infinite or no number: JSON has neither.
    void real(double value);
    void boolean(bool value);
    void null();

private:
    void separate();
    void open(char bracket);

    std::string& out_;
    std::size_t begin_;
};

} // namespace peer_observer::print
