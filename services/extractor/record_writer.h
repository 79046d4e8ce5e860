// Writes the fields of one protobuf message from the fields of a kernel record.
#pragma once

#include "bpf/events.h"
#include "libs/base/utf8.h"
#include "libs/wire/writer.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace peer_observer::extractor {

/// Each function takes the number of the tracepoint's argument (from 1) that the value comes from, and writes nothing
/// when that argument could not be read. As in proto3, a value that equals the default of its type is not written.
class RecordWriter {
public:
    RecordWriter(wire::Writer& writer, const record_header& header) : writer_{writer}, header_{header} {}

    bool readable(int argument) const
    {
        return (header_.unreadable & (1U << static_cast<unsigned>(argument - 1))) == 0;
    }

    void int64(int argument, int field, std::int64_t value)
    {
        if (value != 0 && readable(argument)) writer_.add_int64(tag(field), value);
    }
    void int32(int argument, int field, std::int32_t value)
    {
        if (value != 0 && readable(argument)) writer_.add_int32(tag(field), value);
    }
    void uint64(int argument, int field, std::uint64_t value)
    {
        if (value != 0 && readable(argument)) writer_.add_uint64(tag(field), value);
    }
    void uint32(int argument, int field, std::uint32_t value)
    {
        if (value != 0 && readable(argument)) writer_.add_uint32(tag(field), value);
    }
    void boolean(int argument, int field, std::uint8_t value)
    {
        if (value != 0 && readable(argument)) writer_.add_bool(tag(field), true);
    }
    void hash(int argument, int field, const std::uint8_t (&value)[HASH_BYTES])
    {
        if (readable(argument)) writer_.add_bytes(tag(field), reinterpret_cast<const char*>(value), HASH_BYTES);
    }
    /// A protobuf `string` must be UTF-8: each byte that is not becomes U+FFFD.
    template <std::size_t Size>
    void text(int argument, int field, const char (&value)[Size])
    {
        const std::string_view view = as_view(value);
        if (!base::is_utf8(view)) return utf8(argument, field, base::to_utf8(view));
        if (!view.empty() && readable(argument)) writer_.add_string(tag(field), view.data(), view.size());
    }

    /// For text that is known to be UTF-8.
    void utf8(int argument, int field, const std::string& value)
    {
        if (!value.empty() && readable(argument)) writer_.add_string(tag(field), value);
    }

    /// Fields with presence are written even when they are 0.
    void present_int32(int argument, int field, std::int32_t value)
    {
        if (readable(argument)) writer_.add_int32(tag(field), value);
    }

    wire::Writer& writer() { return writer_; }

    template <std::size_t Size>
    static std::string_view as_view(const char (&value)[Size])
    {
        return {value, strnlen(value, Size)};
    }

private:
    static protozero::pbf_tag_type tag(int field) { return static_cast<protozero::pbf_tag_type>(field); }

    wire::Writer& writer_;
    const record_header& header_;
};

} // namespace peer_observer::extractor
