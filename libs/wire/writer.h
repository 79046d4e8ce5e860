// Writes protobuf messages straight into the caller's string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#define PROTOZERO_USE_VIEW std::string_view
#include <protozero/pbf_writer.hpp>

namespace peer_observer::wire {

/// `Writer message{parent, field}` writes a submessage, until it goes out of scope. One without fields is dropped.
class Writer : public protozero::pbf_writer {
public:
    explicit Writer(std::string& out) : basic_pbf_writer{out}, out_{out} {}
    Writer(Writer& parent, protozero::pbf_tag_type field) : basic_pbf_writer{parent, field}, out_{parent.out_} {}

    /// Appends fields that `write(char* to)` has serialized: it returns how many bytes, `most` at most.
    template <typename Write>
    void append_fields(std::size_t most, const Write& write)
    {
        const auto size = out_.size();
        out_.resize_and_overwrite(size + most, [&](char* begin, std::size_t) { return size + write(begin + size); });
    }

private:
    std::string& out_;
};

} // namespace peer_observer::wire
