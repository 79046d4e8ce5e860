#include "services/log-extractor/pattern.h"

#include "libs/base/hex.h"
#include "proto/options.pb.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace peer_observer::log_extractor {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::string_view kPeer = "peer={peer_id}[[[[,]] peeraddr={address~}]]";
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kMaxNumberDigits = 32;

bool is_hash(const FieldDescriptor& field) { return field.options().GetExtension(proto::display) == proto::HASH; }

template <typename Number>
bool read_number(std::string_view text, Number& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

Pattern::Pattern(std::string_view pattern, const google::protobuf::Descriptor& type)
    : parts_{compile(pattern, type, false)}
{}

std::string_view Pattern::beginning() const
{
    return parts_.front().kind == Part::Kind::literal ? std::string_view{parts_.front().text} : std::string_view{};
}

std::vector<Pattern::Part> Pattern::compile(std::string_view& pattern, const google::protobuf::Descriptor& type,
                                            bool is_nested)
{
    std::vector<Part> parts;
    while (!pattern.empty() && !(is_nested && pattern.starts_with("]]"))) {
        if (pattern.starts_with("[[")) {
            pattern.remove_prefix(2);
            auto inner = compile(pattern, type, true);
            if (!pattern.starts_with("]]")) throw std::logic_error{"a pattern has [[ without ]]"};
            pattern.remove_prefix(2);
            parts.push_back({Part::Kind::optional, nullptr, {}, std::move(inner)});
        } else if (pattern.starts_with('{')) {
            const auto end = pattern.find('}');
            const std::string name{pattern.substr(1, end - 1)};
            pattern.remove_prefix(end + 1);
            if (name == "@peer") {
                auto macro = kPeer;
                for (auto& part : compile(macro, type, false)) {
                    const bool joins =
                        part.kind == Part::Kind::literal && !parts.empty() && parts.back().kind == Part::Kind::literal;
                    if (joins)
                        parts.back().text += part.text;
                    else
                        parts.push_back(std::move(part));
                }
            } else {
                parts.push_back(compile_field(name, type));
            }
        } else {
            if (parts.empty() || parts.back().kind != Part::Kind::literal) parts.push_back({});
            parts.back().text += pattern.front();
            pattern.remove_prefix(1);
        }
    }
    check(parts);
    return parts;
}

Pattern::Part Pattern::compile_field(std::string_view name, const google::protobuf::Descriptor& type)
{
    using Kind = Part::Kind;
    Part part{.kind = Kind::text};
    if (const auto equals = name.find('='); equals != std::string_view::npos) {
        part.kind = Kind::constant;
        part.text = name.substr(equals + 1);
        name = name.substr(0, equals);
    } else if (name.ends_with('!')) {
        part.kind = Kind::constant;
        part.text = "true";
        name.remove_suffix(1);
    } else if (name.ends_with('*') || name.ends_with('~')) {
        part.kind = name.back() == '*' ? Kind::text_to_last : Kind::word;
        name.remove_suffix(1);
    }
    if (name == "_") return part;
    part.field = type.FindFieldByName(std::string{name});
    if (part.field == nullptr)
        throw std::logic_error{"a pattern names a field that is not there: " + std::string{name}};
    if (part.kind != Kind::text) return part;
    switch (part.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
        if (is_hash(*part.field)) part.kind = Kind::hash;
        return part;
    case FieldDescriptor::CPPTYPE_BOOL:
        part.kind = Kind::boolean;
        return part;
    default:
        part.kind = Kind::number;
        return part;
    }
}

/// Text ends where the next literal begins: there must be one, or nothing at all.
void Pattern::check(const std::vector<Part>& parts)
{
    if (parts.empty()) throw std::logic_error{"a pattern is empty"};
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const bool is_text = parts[i].kind == Part::Kind::text || parts[i].kind == Part::Kind::text_to_last;
        const bool ends = parts[i + 1].kind == Part::Kind::literal || parts[i + 1].kind == Part::Kind::constant;
        if (is_text && !ends) throw std::logic_error{"a pattern has text with no literal behind it"};
    }
}

bool Pattern::match(std::string_view text, std::vector<Capture>& captures) const
{
    captures.clear();
    return match(parts_, text, captures) && text.empty();
}

bool Pattern::set(const std::vector<Capture>& captures, google::protobuf::Message& message)
{
    return std::ranges::all_of(captures, [&](const Capture& capture) { return set(capture, message); });
}

bool Pattern::match(const std::vector<Part>& parts, std::string_view& text, std::vector<Capture>& captures)
{
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Part* next = i + 1 < parts.size() && parts[i + 1].kind == Part::Kind::literal ? &parts[i + 1] : nullptr;
        if (!take(parts[i], next, text, captures)) return false;
    }
    return true;
}

bool Pattern::take(const Part& part, const Part* next, std::string_view& text, std::vector<Capture>& captures)
{
    const auto keep = [&](std::size_t size) {
        captures.push_back({&part, text.substr(0, size)});
        text.remove_prefix(size);
        return true;
    };
    switch (part.kind) {
    case Part::Kind::literal:
        if (!text.starts_with(part.text)) return false;
        text.remove_prefix(part.text.size());
        return true;
    case Part::Kind::constant:
        captures.push_back({&part, part.text});
        return true;
    case Part::Kind::hash: {
        const auto digits = text.substr(0, kHashDigits);
        const bool is_hex =
            std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
        return digits.size() == kHashDigits && is_hex && keep(kHashDigits);
    }
    case Part::Kind::number: {
        const auto size = std::min(text.find_first_not_of("0123456789-+.e"), text.size());
        return size > 0 && size <= kMaxNumberDigits && keep(size);
    }
    case Part::Kind::boolean:
        for (const std::string_view word : {"true", "false", "1", "0"})
            if (text.starts_with(word)) return keep(word.size());
        return false;
    case Part::Kind::word: {
        auto size = std::min(text.find(' '), text.size());
        if (size > 0 && std::string_view{",:;"}.contains(text[size - 1])) --size;
        return size > 0 && keep(size);
    }
    case Part::Kind::text:
    case Part::Kind::text_to_last: {
        if (next == nullptr) return keep(text.size());
        const auto size = part.kind == Part::Kind::text ? text.find(next->text) : text.rfind(next->text);
        return size != std::string_view::npos && keep(size);
    }
    case Part::Kind::optional: {
        const auto text_before = text;
        const auto captures_before = captures.size();
        if (!match(part.parts, text, captures)) {
            text = text_before;
            captures.resize(captures_before);
        }
        return true;
    }
    }
    return false;
}

bool Pattern::set(const Capture& capture, google::protobuf::Message& message)
{
    const auto* const field = capture.part->field;
    if (field == nullptr) return true;
    const auto& reflection = *message.GetReflection();
    const auto number = [&](auto value, auto setter) {
        if (!read_number(capture.text, value)) return false;
        (reflection.*setter)(&message, field, value);
        return true;
    };
    using R = google::protobuf::Reflection;
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return number(std::int32_t{}, &R::SetInt32);
    case FieldDescriptor::CPPTYPE_INT64:
        return number(std::int64_t{}, &R::SetInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
        return number(std::uint32_t{}, &R::SetUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
        return number(std::uint64_t{}, &R::SetUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return number(double{}, &R::SetDouble);
    case FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(&message, field, capture.text == "true" || capture.text == "1");
        return true;
    case FieldDescriptor::CPPTYPE_STRING: {
        std::string bytes{capture.text};
        if (capture.part->kind == Part::Kind::hash) {
            bytes = base::from_hex(capture.text).value_or("");
            std::ranges::reverse(bytes); // wire order
        }
        reflection.SetString(&message, field, std::move(bytes));
        return true;
    }
    default:
        return false;
    }
}

} // namespace peer_observer::log_extractor
