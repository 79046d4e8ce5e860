// A field of a protobuf message whose length is not known before its content is written.
#pragma once

#include <protozero/buffer_string.hpp>
#include <protozero/varint.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace peer_observer::base {

/// What is appended to the string until close() is the field's content: bytes, text or a submessage. protozero leaves
/// room for the longest length that there is, and moves all of the content when that is known. This leaves room for the
/// length of `expected_bytes`: the content is moved only where the real length takes another number of bytes.
class OpenField {
public:
    OpenField(std::string& out, std::uint32_t number, std::size_t expected_bytes = 0)
        : begin_{out.size()}, room_{length_of(expected_bytes)}
    {
        constexpr std::uint32_t kLengthDelimited = 2;
        protozero::add_varint_to_buffer(&out, number << 3U | kLengthDelimited);
        out.append(room_, '\0');
        content_ = out.size();
    }

    std::size_t content_bytes(const std::string& out) const { return out.size() - content_; }

    void close(std::string& out) const
    {
        const std::size_t bytes = content_bytes(out);
        const std::size_t needed = length_of(bytes);
        if (needed > room_) out.insert(content_, needed - room_, '\0');
        if (needed < room_) out.erase(content_ - (room_ - needed), room_ - needed);
        protozero::add_varint_to_buffer(out.data() + content_ - room_, bytes);
    }

    /// As if it had not been opened.
    void undo(std::string& out) const { out.resize(begin_); }

private:
    static std::size_t length_of(std::size_t bytes)
    {
        return static_cast<std::size_t>(protozero::length_of_varint(bytes));
    }

    std::size_t begin_;
    std::size_t room_; ///< bytes that are kept free for the length
    std::size_t content_ = 0;
};

} // namespace peer_observer::base
