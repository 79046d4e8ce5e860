// Writes protobuf messages straight into the caller's string.
#pragma once

#include "libs/base/open_field.h"

#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::wire {

/// `Writer message{parent, field}` writes a submessage, until it goes out of scope. One without fields is written, too:
/// it is there, and all its fields have their defaults. `expected_bytes` is for base::OpenField.
/// It writes at most `max_bytes` and one field more: every loop over what a peer has sent ends when it is full().
class Writer : public protozero::pbf_writer {
public:
    explicit Writer(std::string& out, std::size_t max_bytes = std::string::npos)
        : basic_pbf_writer{out}, out_{out}, end_{std::min(max_bytes, out.max_size() - out.size()) + out.size()}
    {}
    Writer(Writer& parent, protozero::pbf_tag_type field, std::size_t expected_bytes = 0)
        : basic_pbf_writer{parent.out_}, out_{parent.out_}, end_{parent.end_}, is_full_{parent.is_full_},
          field_{base::OpenField{out_, field, expected_bytes}}
    {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Without memory for three bytes more, the program ends.
    ~Writer()
    {
        if (field_) field_->close(out_);
    }

    /// Whether more was written than the limit. Once it is, it stays so: a submessage that ends may get smaller.
    bool full()
    {
        *is_full_ |= out_.size() > end_;
        return *is_full_;
    }

    /// For those who append serialized fields themselves.
    std::string& buffer() { return out_; }

    /// Appends fields that `write(char* to)` has serialized: it returns how many bytes, `most` at most.
    template <typename Write>
    void append_fields(std::size_t most, const Write& write)
    {
        const auto size = out_.size();
        out_.resize_and_overwrite(size + most, [&](char* begin, std::size_t) { return size + write(begin + size); });
    }

private:
    std::string& out_;
    std::size_t end_;
    bool root_is_full_ = false;
    bool* is_full_ = &root_is_full_;
    std::optional<base::OpenField> field_; ///< nothing = it is not a submessage
};

} // namespace peer_observer::wire
