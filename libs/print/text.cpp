#include "libs/print/text.h"

#include "libs/base/hex.h"
#include "libs/events/kind.h"
#include "libs/print/display.h"
#include "libs/print/fields.h"
#include "libs/print/mapped_as.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <iterator>
#include <string_view>

namespace peer_observer::print {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kLongestHex = 40;   // bytes; of longer ones the first 16 are shown
constexpr std::size_t kShownHex = 16;     // bytes
constexpr std::size_t kLongestText = 256; // bytes
constexpr int kShownItems = 3;

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kReset = "\x1b[0m";

class Line {
public:
    Line(std::string& out, bool colour, const asmap::AutonomousSystems* systems = nullptr)
        : out_{out}, colour_{colour}, systems_{systems}
    {}

    void start(std::uint64_t timestamp_ns, std::string_view node, std::string_view kind, std::string_view kind_colour)
    {
        paint(kDim, [&] { time(timestamp_ns); });
        out_ += ' ';
        paint(kCyan, [&] { text(node); });
        out_ += ' ';
        paint(kind_colour, [&] { out_ += kind; });
    }

    void number(std::string_view name, std::uint64_t value)
    {
        begin(name);
        integer(value);
    }

    void word(std::string_view name, std::string_view word)
    {
        begin(name);
        out_ += word;
    }

    /// As log lines about the bus show it.
    void id(std::string_view name, std::uint64_t value)
    {
        begin(name);
        out_ += hex_number(value);
    }

    /// The fields of the event itself; the peer first.
    void content(const Message& message)
    {
        const FieldDescriptor* peer = message.GetDescriptor()->FindFieldByName("peer_id");
        if (peer != nullptr) field(message, *peer, *message.GetReflection(), 0);
        each_field(message, [&](const FieldDescriptor& field, const Reflection& reflection) {
            if (&field != peer) this->field(message, field, reflection, 0);
        });
    }

    void list(const Message& message, const FieldDescriptor& field)
    {
        this->field(message, field, *message.GetReflection(), 0);
    }

    void end() { out_ += '\n'; }

private:
    template <typename Print>
    void paint(std::string_view colour, Print print)
    {
        if (colour_) out_ += colour;
        print();
        if (colour_) out_ += kReset;
    }

    void begin(std::string_view name)
    {
        if (out_.back() != '{') out_ += ' ';
        paint(kDim, [&] { out_.append(name).append("="); });
    }

    void time(std::uint64_t timestamp_ns)
    {
        namespace chrono = std::chrono;
        const chrono::sys_time<chrono::microseconds> point{chrono::microseconds{timestamp_ns / 1000}};
        const auto day = chrono::floor<chrono::days>(point);
        const chrono::year_month_day date{day};
        const chrono::hh_mm_ss clock{point - day};
        fmt::format_to(std::back_inserter(out_), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", int{date.year()},
                       unsigned{date.month()}, unsigned{date.day()}, clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count(), clock.subseconds().count());
    }

    /// `lists` is the number of lists around this field. What is absent or empty is left out; 0 and false are shown.
    void field(const Message& message, const FieldDescriptor& field, const Reflection& reflection, int lists)
    {
        if (field.is_repeated()) {
            const int size = reflection.FieldSize(message, &field);
            if (size == 0) return;
            begin(field.name());
            items(message, field, reflection, size, lists);
            return;
        }
        if (field.has_presence() && !reflection.HasField(message, &field)) return;
        if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field.has_presence() &&
            !reflection.HasField(message, &field))
            return;
        if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && is_choice(*field.message_type())) {
            fields(reflection.GetMessage(message, &field), lists);
            return;
        }
        begin(field.name());
        value(message, field, reflection, -1, lists);
        if (const auto asn = mapped_as(message, field, systems_)) number("mapped_as", asn);
    }

    void fields(const Message& message, int lists)
    {
        each_field(message, [&](const FieldDescriptor& field, const Reflection& reflection) {
            this->field(message, field, reflection, lists);
        });
    }

    /// In a list, a list is no more than its size.
    void items(const Message& message, const FieldDescriptor& field, const Reflection& reflection, int size, int lists)
    {
        const int shown = lists > 0 ? 0 : std::min(size, kShownItems);
        out_ += '[';
        for (int i = 0; i < shown; ++i) {
            if (i > 0) out_ += ' ';
            value(message, field, reflection, i, lists + 1);
        }
        if (shown == 0)
            fmt::format_to(std::back_inserter(out_), "{} items", size);
        else if (shown < size)
            fmt::format_to(std::back_inserter(out_), " +{} more", size - shown);
        out_ += ']';
    }

    /// Item `index` of a list, or the field's only value where `index` is negative.
    void value(const Message& message, const FieldDescriptor& field, const Reflection& reflection, int index, int lists)
    {
        const auto get = [&](auto single, auto repeated) {
            return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
        };
        const auto print = [&](const auto& shown) { fmt::format_to(std::back_inserter(out_), "{}", shown); };
        switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return integer(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
        case FieldDescriptor::CPPTYPE_INT64:
            return integer(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
        case FieldDescriptor::CPPTYPE_UINT32:
            return integer(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
        case FieldDescriptor::CPPTYPE_UINT64: {
            const std::uint64_t number = get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
            return display_of(field) == proto::HEX_NUMBER ? print(hex_number(number)) : integer(number);
        }
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return print(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
        case FieldDescriptor::CPPTYPE_FLOAT:
            return print(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
        case FieldDescriptor::CPPTYPE_BOOL:
            return print(get(&Reflection::GetBool, &Reflection::GetRepeatedBool));
        case FieldDescriptor::CPPTYPE_ENUM:
            return enumerator(field, get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue));
        case FieldDescriptor::CPPTYPE_STRING: {
            std::string scratch;
            return bytes(field, index < 0 ? reflection.GetStringReference(message, &field, &scratch)
                                          : reflection.GetRepeatedStringReference(message, &field, index, &scratch));
        }
        case FieldDescriptor::CPPTYPE_MESSAGE:
            out_ += '{';
            fields(index < 0 ? reflection.GetMessage(message, &field)
                             : reflection.GetRepeatedMessage(message, &field, index),
                   lists);
            out_ += '}';
        }
    }

    void integer(std::integral auto value)
    {
        const fmt::format_int digits{value};
        out_.append(digits.data(), digits.size());
    }

    void enumerator(const FieldDescriptor& field, int number)
    {
        const auto* known = field.enum_type()->FindValueByNumber(number);
        if (known != nullptr)
            out_ += known->name();
        else
            integer(number);
    }

    void bytes(const FieldDescriptor& field, std::string_view value)
    {
        const auto display = display_of(field);
        if (display == proto::TEXT) return text(value);
        if (display == proto::HASH) {
            out_ += base::to_reversed_hex(value);
        } else if (value.size() <= kLongestHex) {
            out_ += base::to_hex(value);
        } else {
            out_ += base::to_hex(value.substr(0, kShownHex));
            fmt::format_to(std::back_inserter(out_), "...({} bytes)", value.size());
        }
    }

    /// In quotes unless it can be taken for nothing but a plain word.
    void text(std::string_view value)
    {
        constexpr std::string_view kPlain = "._:/+-[]@%,~;()&!?#*";
        const auto is_plain = [&](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kPlain.contains(c);
        };
        if (!value.empty() && value.size() <= kLongestText && std::ranges::all_of(value, is_plain)) {
            out_ += value;
            return;
        }
        out_ += '"';
        for (const char c : value.substr(0, kLongestText)) {
            if (c == '"' || c == '\\')
                (out_ += '\\') += c;
            else if (c >= 0x20 && c < 0x7f)
                out_ += c;
            else
                fmt::format_to(std::back_inserter(out_), "\\x{:02x}", static_cast<unsigned char>(c));
        }
        out_ += '"';
        if (value.size() > kLongestText) fmt::format_to(std::back_inserter(out_), "...({} bytes)", value.size());
    }

    std::string& out_;
    bool colour_;
    const asmap::AutonomousSystems* systems_;
};

} // namespace

void append_text(const Origin& origin, const proto::Event& event, bool colour, std::string& out,
                 const asmap::AutonomousSystems* systems)
{
    const events::Kind kind = events::kind_of(event);
    static const auto* const unreadable =
        proto::Event::descriptor()->FindFieldByNumber(proto::Event::kUnreadableArgumentsFieldNumber);
    Line line{out, colour, systems};
    line.start(event.timestamp_ns(), origin.node, events::to_string(kind), kBold);
    if (kind.content != nullptr) line.content(*kind.content);
    line.list(event, *unreadable);
    line.end();
}

void append_text(const Missed& missed, bool colour, std::string& out)
{
    Line line{out, colour};
    line.start(missed.timestamp_ns, missed.node, "missed", kYellow);
    if (missed.count)
        line.number("count", *missed.count);
    else
        line.word("count", "unknown");
    line.number("first_sequence", missed.first_sequence);
    line.id("publisher", missed.publisher_id);
    line.end();
}

void append_text(const OtherProcess& process, bool colour, std::string& out)
{
    Line line{out, colour};
    line.start(process.timestamp_ns, process.node, "other_process", kYellow);
    line.number("pid", process.pid);
    if (process.process_start_ms != 0) line.number("process_start_ms", process.process_start_ms);
    line.end();
}

} // namespace peer_observer::print
