// stdout with a buffer in front of it.
#pragma once

#include <string>
#include <string_view>

namespace peer_observer::archive_tool {

class Output {
public:
    ~Output();

    /// Both throw std::system_error when writing fails, except because nobody reads any more.
    void write(std::string_view bytes);
    void flush();

    /// Nobody reads any more.
    bool is_closed() const { return closed_; }

private:
    void write_all(std::string_view bytes);

    std::string buffer_;
    bool closed_ = false;
};

} // namespace peer_observer::archive_tool
