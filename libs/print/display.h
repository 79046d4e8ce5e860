// How a field's bytes are to be shown: the option `display` of proto/options.proto.
#pragma once

#include "proto/options.pb.h"

#include <google/protobuf/descriptor.h>

namespace peer_observer::print {

/// A `string` is TEXT: it is valid UTF-8, but not fit for a terminal either.
inline proto::Display display_of(const google::protobuf::FieldDescriptor& field)
{
    if (field.type() == google::protobuf::FieldDescriptor::TYPE_STRING) return proto::TEXT;
    return field.options().GetExtension(proto::display);
}

} // namespace peer_observer::print
