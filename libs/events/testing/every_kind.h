// For tests: one event of every kind, made by reflection.
#pragma once

#include "libs/events/kind.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

namespace peer_observer::events {

/// Sets every field: lists get `items` items; of a oneof the arm number `arm` (counted round) is set. Text and bytes
/// are `bytes`, those of `string` fields `text`.
struct Filler {
    std::size_t arm = 0;
    int items = 5;
    std::string bytes = std::string(32, '\x01') + "\x02";
    std::string text = "plain";

    void fill(google::protobuf::Message& message) const
    {
        const auto& type = *message.GetDescriptor();
        for (int i = 0; i < type.field_count(); ++i) {
            const auto* oneof = type.field(i)->real_containing_oneof();
            if (oneof == nullptr) fill(message, *type.field(i));
        }
        for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
            const auto& oneof = *type.oneof_decl(i);
            fill(message, *oneof.field(static_cast<int>(arm % static_cast<std::size_t>(oneof.field_count()))));
        }
    }

private:
    void fill(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field) const
    {
        // Two entries of a map would have the same key.
        for (int i = 0; i < (field.is_repeated() && !field.is_map() ? items : 1); ++i)
            set(message, field);
    }

    void set(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field) const
    {
        using google::protobuf::FieldDescriptor;
        const auto& reflection = *message.GetReflection();
        const auto put = [&](auto single, auto repeated, auto value) {
            if (field.is_repeated())
                (reflection.*repeated)(&message, &field, value);
            else
                (reflection.*single)(&message, &field, value);
        };
        using R = google::protobuf::Reflection;
        switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return put(&R::SetInt32, &R::AddInt32, -32);
        case FieldDescriptor::CPPTYPE_INT64:
            return put(&R::SetInt64, &R::AddInt64, INT64_MIN);
        case FieldDescriptor::CPPTYPE_UINT32:
            return put(&R::SetUInt32, &R::AddUInt32, 3200000000U);
        case FieldDescriptor::CPPTYPE_UINT64:
            return put(&R::SetUInt64, &R::AddUInt64, UINT64_MAX);
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return put(&R::SetDouble, &R::AddDouble, 0.5);
        case FieldDescriptor::CPPTYPE_FLOAT:
            return put(&R::SetFloat, &R::AddFloat, 0.5F);
        case FieldDescriptor::CPPTYPE_BOOL:
            return put(&R::SetBool, &R::AddBool, true);
        case FieldDescriptor::CPPTYPE_ENUM:
            return put(&R::SetEnumValue, &R::AddEnumValue, 1);
        case FieldDescriptor::CPPTYPE_STRING: { // overloaded in later versions of protobuf
            const auto& value = field.type() == FieldDescriptor::TYPE_STRING ? text : bytes;
            return field.is_repeated() ? reflection.AddString(&message, &field, value)
                                       : reflection.SetString(&message, &field, value);
        }
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                            : *reflection.MutableMessage(&message, &field));
        }
    }
};

/// One event of each kind and, of kinds with a payload, one for each payload.
inline std::vector<proto::Event> events_of_every_kind(Filler filler = {})
{
    std::vector<proto::Event> events;
    const auto* contexts = proto::Event::descriptor()->FindOneofByName("context");
    for (int i = 0; i < contexts->field_count(); ++i) {
        const auto* context = contexts->field(i);
        const auto* names = context->message_type()->FindOneofByName("event");
        for (int j = 0; j < (names == nullptr ? 1 : names->field_count()); ++j) {
            const auto payloads = static_cast<std::size_t>(proto::MessagePayload::descriptor()->field_count());
            for (filler.arm = 0; filler.arm < (context->name() == "message" ? payloads : 2); ++filler.arm) {
                proto::Event event;
                event.set_timestamp_ns(1'700'000'000'123'456'789);
                event.set_pid(4242);
                auto* content = event.GetReflection()->MutableMessage(&event, context);
                if (names != nullptr) content = content->GetReflection()->MutableMessage(content, names->field(j));
                filler.fill(*content);
                events.push_back(std::move(event));
            }
        }
    }
    return events;
}

} // namespace peer_observer::events
