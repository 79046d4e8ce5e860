#include "libs/print/json.h"

#include "libs/base/hex.h"
#include "libs/base/utf8.h"
#include "libs/events/kind.h"
#include "libs/print/display.h"
#include "libs/print/fields.h"
#include "libs/print/json_writer.h"
#include "libs/print/mapped_as.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string_view>

namespace peer_observer::print {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class Printer {
public:
    explicit Printer(std::string& out, const asmap::AutonomousSystems* systems = nullptr)
        : out_{out}, systems_{systems}, writer_{out}
    {}

    void start(std::uint64_t timestamp_ns, const Origin& origin, std::string_view kind)
    {
        writer_.start_object();
        writer_.key("timestamp_ns");
        writer_.number(timestamp_ns);
        writer_.key("node");
        writer_.string(base::to_utf8(origin.node));
        writer_.key("publisher");
        writer_.string(hex_number(origin.publisher_id));
        writer_.key("sequence");
        writer_.number(origin.sequence);
        writer_.key("kind");
        writer_.string(kind);
    }

    void number(std::string_view name, std::uint64_t value)
    {
        writer_.key(name);
        writer_.number(value);
    }

    void content(const Message* message)
    {
        writer_.key("event");
        writer_.start_object();
        if (message != nullptr) fields(*message);
        writer_.end_object();
    }

    void missed_count(std::optional<std::uint64_t> count)
    {
        writer_.key("event");
        writer_.start_object();
        writer_.key("count");
        if (count)
            writer_.number(*count);
        else
            writer_.null();
        writer_.end_object();
    }

    void field(const Message& message, const FieldDescriptor& field, const Reflection& reflection)
    {
        if (!field.is_repeated()) {
            if (field.has_presence() && !reflection.HasField(message, &field)) return;
            writer_.key(field.name());
            value(message, field, reflection, -1);
        } else if (has_text_keys(field)) {
            writer_.key(field.name());
            map(message, field, reflection);
        } else {
            writer_.key(field.name());
            list(message, field, reflection, [&](int i) { value(message, field, reflection, i); });
        }
        if (is_text(field)) exact_bytes(message, field, reflection);
        if (const auto asn = mapped_as(message, field, systems_)) number("mapped_as", asn);
    }

    void end()
    {
        writer_.end_object();
        out_.push_back('\n');
    }

private:
    static bool is_text(const FieldDescriptor& field)
    {
        return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && display_of(field) == proto::TEXT;
    }

    static bool has_text_keys(const FieldDescriptor& field)
    {
        return field.is_map() && field.message_type()->map_key()->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    }

    void fields(const Message& message)
    {
        each_field(message, [&](const FieldDescriptor& field, const Reflection& reflection) {
            this->field(message, field, reflection);
        });
    }

    template <typename Item>
    void list(const Message& message, const FieldDescriptor& field, const Reflection& reflection, Item item)
    {
        writer_.start_array();
        for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
            item(i);
        writer_.end_array();
    }

    void map(const Message& message, const FieldDescriptor& field, const Reflection& reflection)
    {
        std::string scratch;
        writer_.start_object();
        for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
            const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
            const Reflection& of_entry = *entry.GetReflection();
            writer_.key(base::to_utf8(bytes_of(entry, *field.message_type()->map_key(), of_entry, -1, scratch)));
            value(entry, *field.message_type()->map_value(), of_entry, -1);
        }
        writer_.end_object();
    }

    /// Item `index` of a list, or the field's only value where `index` is negative.
    void value(const Message& message, const FieldDescriptor& field, const Reflection& reflection, int index)
    {
        const auto get = [&](auto single, auto repeated) {
            return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
        };
        switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            writer_.number(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
            break;
        case FieldDescriptor::CPPTYPE_INT64:
            writer_.number(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
            break;
        case FieldDescriptor::CPPTYPE_UINT32:
            writer_.number(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
            break;
        case FieldDescriptor::CPPTYPE_UINT64:
            number(field, get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
            break;
        case FieldDescriptor::CPPTYPE_DOUBLE:
            writer_.real(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
            break;
        case FieldDescriptor::CPPTYPE_FLOAT:
            writer_.real(static_cast<double>(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat)));
            break;
        case FieldDescriptor::CPPTYPE_BOOL:
            writer_.boolean(get(&Reflection::GetBool, &Reflection::GetRepeatedBool));
            break;
        case FieldDescriptor::CPPTYPE_ENUM:
            enumerator(field, get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue));
            break;
        case FieldDescriptor::CPPTYPE_STRING: {
            std::string scratch;
            bytes(field, bytes_of(message, field, reflection, index, scratch));
            break;
        }
        case FieldDescriptor::CPPTYPE_MESSAGE:
            writer_.start_object();
            fields(index < 0 ? reflection.GetMessage(message, &field)
                             : reflection.GetRepeatedMessage(message, &field, index));
            writer_.end_object();
            break;
        }
    }

    static const std::string& bytes_of(const Message& message, const FieldDescriptor& field,
                                       const Reflection& reflection, int index, std::string& scratch)
    {
        return index < 0 ? reflection.GetStringReference(message, &field, &scratch)
                         : reflection.GetRepeatedStringReference(message, &field, index, &scratch);
    }

    void number(const FieldDescriptor& field, std::uint64_t value)
    {
        if (display_of(field) == proto::HEX_NUMBER)
            writer_.string(hex_number(value));
        else
            writer_.number(value);
    }

    void enumerator(const FieldDescriptor& field, int number)
    {
        const auto* known = field.enum_type()->FindValueByNumber(number);
        if (known != nullptr)
            writer_.string(known->name());
        else
            writer_.number(number);
    }

    void bytes(const FieldDescriptor& field, const std::string& value)
    {
        switch (display_of(field)) {
        case proto::TEXT:
            return writer_.string(base::is_utf8(value) ? value : base::to_utf8(value));
        case proto::HASH:
            return writer_.string(base::to_reversed_hex(value));
        default:
            return writer_.string(base::to_hex(value));
        }
    }

    /// Behind a text field of which any byte was replaced.
    void exact_bytes(const Message& message, const FieldDescriptor& field, const Reflection& reflection)
    {
        const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
        const int first = field.is_repeated() ? 0 : -1;
        bool replaced = false;
        std::string scratch;
        for (int i = first; i < size; ++i)
            replaced = replaced || !base::is_utf8(bytes_of(message, field, reflection, i, scratch));
        if (!replaced) return;
        writer_.key(std::string{field.name()} + "_hex");
        const auto item = [&](int i) {
            writer_.string(base::to_hex(bytes_of(message, field, reflection, i, scratch)));
        };
        if (field.is_repeated())
            list(message, field, reflection, item);
        else
            item(-1);
    }

    std::string& out_;
    const asmap::AutonomousSystems* systems_;
    JsonWriter writer_;
};

} // namespace

void append_json(const Origin& origin, const proto::Event& event, std::string& out,
                 const asmap::AutonomousSystems* systems)
{
    const events::Kind kind = events::kind_of(event);
    Printer printer{out, systems};
    printer.start(event.timestamp_ns(), origin, events::to_string(kind));
    printer.number("pid", event.pid());
    if (event.process_start_ms() != 0) printer.number("process_start_ms", event.process_start_ms());
    if (event.unreadable_arguments_size() > 0)
        printer.field(event,
                      *proto::Event::descriptor()->FindFieldByNumber(proto::Event::kUnreadableArgumentsFieldNumber),
                      *event.GetReflection());
    printer.content(kind.content);
    printer.end();
}

void append_json(const Missed& missed, std::string& out)
{
    Printer printer{out};
    printer.start(missed.timestamp_ns, {missed.node, missed.publisher_id, missed.first_sequence}, "missed");
    printer.missed_count(missed.count);
    printer.end();
}

} // namespace peer_observer::print
