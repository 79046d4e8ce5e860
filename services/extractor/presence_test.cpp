// Whatever the values of its fields, an event is of its kind.
#include "libs/wire/writer.h"
#include "proto/event.pb.h"
#include "services/extractor/event_encoder.h"
#include "services/extractor/tracepoints.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace peer_observer::extractor {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using proto::Event;

/// The arm of the message's only oneof: which it may be.
std::vector<const FieldDescriptor*> arms(const google::protobuf::Descriptor& type)
{
    std::vector<const FieldDescriptor*> fields;
    for (int i = 0; i < type.field_count(); ++i) {
        if (type.field(i)->real_containing_oneof() != nullptr) fields.push_back(type.field(i));
    }
    return fields;
}

/// And which it is; nullptr: none.
const FieldDescriptor* arm(const Message& message)
{
    for (const auto* const field : arms(*message.GetDescriptor())) {
        if (message.GetReflection()->HasField(message, field)) return field;
    }
    return nullptr;
}

const Message& content(const Message& message, const FieldDescriptor& field)
{
    return message.GetReflection()->GetMessage(message, &field);
}

/// The event of a record of which every byte behind the header is 0.
Event encode_zeros(std::size_t tracepoint, std::uint16_t unreadable)
{
    std::vector<std::uint64_t> bytes(kTracepoints.at(tracepoint).conversion.record_bytes / sizeof(std::uint64_t) + 1);
    auto& record = *reinterpret_cast<record_header*>(bytes.data());
    record.tracepoint = static_cast<std::uint16_t>(tracepoint);
    record.unreadable = unreadable;
    EventEncoder encoder{{}};
    std::string encoded;
    encoder.write(record, bytes.size() * sizeof(std::uint64_t), encoded);
    Event event;
    EXPECT_TRUE(event.ParseFromString(encoded));
    return event;
}

TEST(Presence, KeepsKindOfEventWithDefaultsOnly)
{
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        for (const auto unreadable : {std::uint16_t{0}, std::uint16_t{0xffff}}) {
            const Event event = encode_zeros(i, unreadable);
            const auto* const context = arm(event);
            ASSERT_NE(context, nullptr) << kTracepoints[i].full_name();
            EXPECT_EQ(context->number(), kTracepoints[i].conversion.context_field);
            const auto* const leaf = arm(content(event, *context));
            ASSERT_NE(leaf, nullptr) << kTracepoints[i].full_name();
            EXPECT_EQ(leaf->number(), kTracepoints[i].conversion.event_field);
        }
    }
}

/// So that the test above has seen each kind that is written with protozero.
TEST(Presence, CoversEveryKindOfEachContext)
{
    std::set<std::pair<int, int>> kinds;
    std::set<int> contexts;
    for (const auto& row : kTracepoints) {
        kinds.emplace(row.conversion.context_field, row.conversion.event_field);
        contexts.insert(row.conversion.context_field);
    }
    std::size_t seen = 0;
    for (const auto* const context : arms(*Event::descriptor())) {
        if (!contexts.contains(context->number())) continue;
        for (const auto* const leaf : arms(*context->message_type())) {
            EXPECT_TRUE(kinds.contains({context->number(), leaf->number()})) << leaf->full_name();
            ++seen;
        }
    }
    EXPECT_EQ(seen, kTracepoints.size());
}

/// As far as an Event's messages are nested: none of them is lost for being empty.
TEST(Presence, KeepsEmptyMessageOfEveryKind)
{
    for (const auto* const context : arms(*Event::descriptor())) {
        for (const auto* const leaf : arms(*context->message_type())) {
            if (leaf->message_type() == nullptr) continue;
            std::string bytes;
            wire::Writer event{bytes};
            {
                wire::Writer outer{event, static_cast<std::uint32_t>(context->number())};
                const wire::Writer inner{outer, static_cast<std::uint32_t>(leaf->number())};
            }
            event.add_uint32(Event::kPidFieldNumber, 7);
            Event parsed;
            ASSERT_TRUE(parsed.ParseFromString(bytes)) << leaf->full_name();
            EXPECT_EQ(parsed.pid(), 7U);
            ASSERT_EQ(arm(parsed), context) << leaf->full_name();
            EXPECT_EQ(arm(content(parsed, *context)), leaf) << leaf->full_name();
        }
    }
}

} // namespace
} // namespace peer_observer::extractor
