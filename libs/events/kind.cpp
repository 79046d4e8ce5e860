#include "libs/events/kind.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace peer_observer::events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

constexpr std::string_view kUnknown = "unknown";

// Not by their names: that takes long for each event.
const OneofDescriptor* first_oneof(const Descriptor* type)
{
    return type->real_oneof_decl_count() > 0 ? type->oneof_decl(0) : nullptr;
}
const OneofDescriptor* outer_oneof() { return first_oneof(proto::Event::descriptor()); }
const OneofDescriptor* inner_oneof(const Descriptor* context) { return first_oneof(context); }

std::string join(std::string_view context, std::string_view name)
{
    std::string joined{context};
    if (!name.empty()) joined.append(".").append(name);
    return joined;
}

} // namespace

Kind kind_of(const proto::Event& event)
{
    const FieldDescriptor* arm = event.GetReflection()->GetOneofFieldDescriptor(event, outer_oneof());
    if (arm == nullptr) return {kUnknown, {}, nullptr};
    const Message& context = event.GetReflection()->GetMessage(event, arm);
    const OneofDescriptor* inner = inner_oneof(context.GetDescriptor());
    if (inner == nullptr) return {arm->name(), {}, &context};
    const FieldDescriptor* inner_arm = context.GetReflection()->GetOneofFieldDescriptor(context, inner);
    if (inner_arm == nullptr) return {arm->name(), kUnknown, nullptr};
    return {arm->name(), inner_arm->name(), &context.GetReflection()->GetMessage(context, inner_arm)};
}

std::string to_string(const Kind& kind) { return join(kind.context, kind.name); }

std::vector<KnownKind> known_kinds()
{
    std::vector<KnownKind> kinds;
    for (int i = 0; i < outer_oneof()->field_count(); ++i) {
        const FieldDescriptor* arm = outer_oneof()->field(i);
        const OneofDescriptor* inner = inner_oneof(arm->message_type());
        const auto context = static_cast<std::uint32_t>(arm->number());
        if (inner == nullptr) kinds.push_back({std::string{arm->name()}, {}, context, 0, arm->message_type()});
        for (int j = 0; inner != nullptr && j < inner->field_count(); ++j) {
            const FieldDescriptor* kind = inner->field(j);
            kinds.push_back({join(arm->name(), kind->name()), kind->name(), context,
                             static_cast<std::uint32_t>(kind->number()), kind->message_type()});
        }
    }
    return kinds;
}

} // namespace peer_observer::events
