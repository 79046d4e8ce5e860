// The text of a log message with fields in it, matched and read into the fields of a protobuf message.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::log_extractor {

/// A pattern is literal text and
///     {height}    a field of the message type, read by its type: a number; a bool as `true`, `false`, `1`, `0`; bytes
///     that are a hash
///                 as 64 hex digits; other bytes as text up to the first occurrence of the literal behind it, or up to
///                 the end
///     {reason*}   text up to the last occurrence of that literal
///     {address~}  text up to the next space, without a comma, colon or semicolon at its end
///     {_}, {_*}   text that is not kept
///     {is_kept!}  nothing in the line: the field is true where the match comes by
///     {reason=x}  nothing in the line: the field is `x`
///     {@peer}     peer={peer_id}, and with -logips the address: `peer=17, peeraddr=192.0.2.1:8333`
///     [[...]]     what may be missing
/// A match takes the whole message and never goes back: its time is linear in the size of the message.
class Pattern {
    struct Part;

public:
    struct Capture {
        const Part* part;
        std::string_view text;
    };

    /// Throws std::logic_error where the pattern does not fit the type.
    Pattern(std::string_view pattern, const google::protobuf::Descriptor& type);

    /// Whether `text` matches. `captures` are views into it and into this object.
    bool match(std::string_view text, std::vector<Capture>& captures) const;

    /// Sets the fields of a message of the type. False if a number does not fit into its field.
    static bool set(const std::vector<Capture>& captures, google::protobuf::Message& message);

    /// What every match begins with; empty where the pattern begins with a field.
    std::string_view beginning() const;

private:
    struct Part {
        enum class Kind : std::uint8_t { literal, number, boolean, hash, text, text_to_last, word, constant, optional };
        Kind kind = Kind::literal;
        const google::protobuf::FieldDescriptor* field = nullptr; ///< null = not kept
        std::string text;                                         ///< of literals and constants
        std::vector<Part> parts;                                  ///< of what is optional
    };
    static std::vector<Part> compile(std::string_view& pattern, const google::protobuf::Descriptor& type,
                                     bool is_nested);
    static Part compile_field(std::string_view name, const google::protobuf::Descriptor& type);
    static void check(const std::vector<Part>& parts);
    static bool match(const std::vector<Part>& parts, std::string_view& text, std::vector<Capture>& captures);
    static bool take(const Part& part, const Part* next, std::string_view& text, std::vector<Capture>& captures);
    static bool set(const Capture& capture, google::protobuf::Message& message);

    std::vector<Part> parts_;
};

} // namespace peer_observer::log_extractor
