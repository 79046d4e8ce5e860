#include "libs/web/state/kept_event.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace peer_observer::web {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool read(std::string_view text, int base, std::uint64_t& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
}

/// Removes what grows with a peer's message or an RPC answer: messages, lists, and bytes.
void remove_payload(Message& message)
{
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const auto* field = message.GetDescriptor()->field(i);
        if (field->is_repeated() || field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ||
            field->type() == FieldDescriptor::TYPE_BYTES)
            reflection.ClearField(&message, field);
    }
}

/// The message of the oneof's arm that is set; null where none is.
Message* arm_of(Message& message)
{
    if (message.GetDescriptor()->oneof_decl_count() == 0) return nullptr;
    const auto& reflection = *message.GetReflection();
    const auto* arm = reflection.GetOneofFieldDescriptor(message, message.GetDescriptor()->oneof_decl(0));
    if (arm == nullptr || arm->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
    return reflection.MutableMessage(&message, arm);
}

} // namespace

std::string to_string(const EventId& id) { return fmt::format("{:016x}-{}", id.publisher_id, id.sequence); }

std::optional<EventId> parse_event_id(std::string_view text)
{
    EventId id;
    if (text.size() < 18 || text[16] != '-' || !read(text.substr(0, 16), 16, id.publisher_id) ||
        !read(text.substr(17), 10, id.sequence))
        return std::nullopt;
    return id;
}

KeptEventPtr keep(const std::shared_ptr<const std::string>& node, std::uint64_t publisher_id,
                  const events::EventView& view, const proto::Event& event)
{
    auto kept = std::make_shared<KeptEvent>();
    kept->node = node;
    kept->id = {publisher_id, view.sequence};
    kept->timestamp_ns = view.timestamp_ns;
    kept->context = view.context;
    kept->arm = view.arm;
    if (view.bytes.size() <= KeptEvent::kMostBytes) {
        kept->bytes = view.bytes;
        return kept;
    }
    kept->payload_omitted = true;
    proto::Event copy = event;
    Message* content = arm_of(copy);
    if (content != nullptr)
        if (Message* inner = arm_of(*content)) content = inner;
    if (content != nullptr) remove_payload(*content);
    kept->bytes = copy.SerializeAsString();
    return kept;
}

} // namespace peer_observer::web
