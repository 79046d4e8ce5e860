// The fields of a message that are printed, in order. Internal.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace peer_observer::print {

/// A message that is nothing but a oneof: the name of its arm says it all.
inline bool is_choice(const google::protobuf::Descriptor& type)
{
    return type.real_oneof_decl_count() == 1 && type.oneof_decl(0)->field_count() == type.field_count();
}

/// Calls `visit` with each field and the message's reflection, which is slow to ask for. Of a choice, with the arm that
/// it has: a payload has one of more than thirty.
template <typename Visit>
void each_field(const google::protobuf::Message& message, const Visit& visit)
{
    const auto& type = *message.GetDescriptor();
    const auto& reflection = *message.GetReflection();
    if (is_choice(type)) {
        if (const auto* arm = reflection.GetOneofFieldDescriptor(message, type.oneof_decl(0))) visit(*arm, reflection);
        return;
    }
    for (int i = 0; i < type.field_count(); ++i)
        visit(*type.field(i), reflection);
}

} // namespace peer_observer::print
