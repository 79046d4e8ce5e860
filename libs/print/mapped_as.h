// The autonomous system of an address in an event. Internal.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/base/host_port.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

namespace peer_observer::print {

/// 0 for a field that is not an address, for an address that none of `systems` has (they may be null), and where the
/// event says the AS itself.
inline std::uint32_t mapped_as(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                               const asmap::AutonomousSystems* systems)
{
    if (systems == nullptr || field.is_repeated() || field.name() != "address" ||
        field.cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING)
        return 0;
    const auto* own = message.GetDescriptor()->FindFieldByName("mapped_as");
    if (own != nullptr && message.GetReflection()->HasField(message, own)) return 0;
    std::string scratch;
    return systems->find(base::host_of(message.GetReflection()->GetStringReference(message, &field, &scratch)));
}

} // namespace peer_observer::print
