#include "services/detector/testing/spread_peers.h"

#include "proto/event.pb.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace peer_observer::detector::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kLocal = "127.0.0.1:";

std::string spread(std::string_view address)
{
    const auto text = address.substr(kLocal.size());
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    const std::uint32_t mixed = port * 2'654'435'761U; // ports of clients are even
    const unsigned host = mixed >> 16U;
    if (mixed >> 29U == 0) return fmt::format("11.{}.{}.1:{}", host >> 8U, host & 255U, port);
    const unsigned system = host % 200;
    return fmt::format("{}.{}.{}.1:{}", 240 + system / 16, system % 16 * 16 + (mixed >> 12U) % 16, (mixed >> 4U) & 255U,
                       port);
}

void spread(Message& message) // NOLINT(misc-no-recursion): as deep as the schema
{
    const auto& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const auto* field : fields) {
        const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
        if (is_message && field->is_repeated()) {
            for (int i = 0; i < reflection.FieldSize(message, field); ++i)
                spread(*reflection.MutableRepeatedMessage(&message, field, i));
        } else if (is_message) {
            spread(*reflection.MutableMessage(&message, field));
        } else if (field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated()) {
            const std::string text = reflection.GetString(message, field);
            if (text.starts_with(kLocal)) reflection.SetString(&message, field, spread(text));
        }
    }
}

} // namespace

std::string spread_peers(std::string_view batch)
{
    proto::EventBatch parsed;
    if (!parsed.ParseFromArray(batch.data(), static_cast<int>(batch.size())))
        throw std::runtime_error{"the archive has a batch that cannot be read"};
    spread(parsed);
    return parsed.SerializeAsString();
}

} // namespace peer_observer::detector::testing
