// Writes protobuf messages straight into the caller's string.
#pragma once

#include <string_view>

#define PROTOZERO_USE_VIEW std::string_view
#include <protozero/pbf_writer.hpp>

namespace peer_observer::wire {

/// `Writer message{parent, field}` writes a submessage, until it goes out of scope. One without fields is dropped.
using Writer = protozero::pbf_writer;

} // namespace peer_observer::wire
