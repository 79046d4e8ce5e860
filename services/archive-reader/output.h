// stdout with a buffer in front of it.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::archive_reader {

class Output {
public:
    ~Output();

    /// Both throw std::system_error when writing fails, except because nobody reads any more. What waited is dropped
    /// then.
    void write(std::string_view bytes);
    void flush();

    /// Nobody reads any more.
    bool is_closed() const { return closed_; }

private:
    void write_all(std::string_view bytes);

    std::string buffer_;
    bool closed_ = false;
};

/// To stdout, by way of the C library; that nobody reads is no error.
template <typename... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments)
{
    (void)std::fputs(fmt::format(format, std::forward<Arguments>(arguments)...).c_str(), stdout);
}

} // namespace peer_observer::archive_reader
