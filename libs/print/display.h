// How a field is to be shown: the option `display` of proto/options.proto.
#pragma once

#include "proto/options.pb.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>

namespace peer_observer::print {

/// A `string` is TEXT: it is valid UTF-8, but not fit for a terminal either.
inline proto::Display display_of(const google::protobuf::FieldDescriptor& field)
{
    if (field.type() == google::protobuf::FieldDescriptor::TYPE_STRING) return proto::TEXT;
    return field.options().GetExtension(proto::display);
}

/// What a HEX_NUMBER is shown as, in log lines too.
inline std::string hex_number(std::uint64_t number) { return fmt::format("{:016x}", number); }

} // namespace peer_observer::print
