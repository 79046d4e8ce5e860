#include "services/rpc-extractor/envelope.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace peer_observer::rpc_extractor {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr std::size_t kMaxDepth = 16; // getrawaddrman has 4
constexpr std::size_t kMaxUnknownFields = 32;
constexpr std::size_t kMaxErrorMessage = 200;

/// What the message says about a JSON value.
struct Shape {
    const Descriptor* message = nullptr; ///< of an object, or of each value of a map; null = nothing is known
    bool is_map = false;                 ///< an object whose keys are data
};

Shape shape_of(const FieldDescriptor& field)
{
    if (!field.is_map()) return {field.message_type(), false};
    return {field.message_type()->map_value()->message_type(), true};
}

/// Over the text, for a parser that copies its iterators: `position` is how far any of them has come.
struct Cursor {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    reference operator*() const { return *at; }
    Cursor& operator++()
    {
        ++at;
        ++*position;
        return *this;
    }
    Cursor operator++(int)
    {
        const Cursor before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Cursor& other) const { return at == other.at; }

    const char* at = nullptr;
    std::size_t* position = nullptr;
};

/// nlohmann's handler of events. A method returns false to stop.
class Handler {
public:
    Handler(const std::size_t& position, std::uint64_t id, Shape result)
        : position_{position}, id_{id}, result_shape_{result}
    {}

    bool null()
    {
        if (stack_.size() == 1 && member_ == Member::id) id_is_null_ = true;
        return scalar();
    }
    bool boolean(bool) { return scalar(); }
    bool number_integer(std::int64_t value) { return number(value, false); }
    bool number_unsigned(std::uint64_t value) { return number(static_cast<std::int64_t>(value), value == id_); }
    bool number_float(double, const std::string&) { return number({}, false); }
    bool binary(nlohmann::json::binary_t&) { return false; } // not in JSON
    bool string(const std::string& text)
    {
        if (in_error() && key_ == "message") error_.message = text.substr(0, kMaxErrorMessage);
        // Some servers echo the id, or write the code of an error, as text.
        if (in_error() && key_ == "code") (void)std::from_chars(text.data(), text.data() + text.size(), error_.code);
        if (stack_.size() == 1 && member_ == Member::id) id_fits_ = text == std::to_string(id_);
        return scalar();
    }

    bool key(const std::string& name)
    {
        if (stack_.size() == 1) return member(name);
        if (in_error()) key_ = name;
        if (!in_result_) return true;
        const Shape& object = stack_.back();
        next_ = {};
        if (object.is_map) {
            next_.message = object.message;
        } else if (object.message != nullptr) {
            const auto* const field = object.message->FindFieldByName(name);
            if (field != nullptr)
                next_ = shape_of(*field);
            else
                note_unknown(name);
        }
        return true;
    }

    bool start_object(std::size_t)
    {
        begin_value();
        return push();
    }
    bool start_array(std::size_t)
    {
        if (stack_.empty()) return fail("not an object");
        begin_value();
        return push();
    }
    bool end_object() { return pop(); }
    bool end_array() { return pop(); }

    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&)
    {
        return fail("no valid JSON"); // the exception's text has the node's bytes in it
    }

    std::expected<Envelope, Fault> finish(std::string_view body)
    {
        if (!id_seen_) return std::unexpected(Fault{Cause::malformed, "an answer without an id"});
        // The id of an error is null where the server did not understand the request (JSON-RPC 2.0, section 5).
        if (!id_fits_ && !(id_is_null_ && has_error_))
            return std::unexpected(Fault{Cause::wrong_id, "the answer to another call"});
        if (has_error_)
            envelope_.error = std::move(error_);
        else if (result_end_ > result_begin_)
            envelope_.result = body.substr(result_begin_, result_end_ - result_begin_);
        else if (result_is_number_)
            envelope_.result = number_behind(body.substr(result_begin_));
        else
            return std::unexpected(Fault{Cause::malformed, "an answer with neither result nor error"});
        return std::move(envelope_);
    }

    const std::string& complaint() const { return complaint_; }

private:
    enum class Member { other, id, error, result };

    bool in_error() const { return member_ == Member::error && stack_.size() == 2; }

    bool fail(std::string_view complaint)
    {
        complaint_ = complaint;
        return false;
    }

    bool member(std::string_view name)
    {
        member_ = name == "id"       ? Member::id
                  : name == "error"  ? Member::error
                  : name == "result" ? Member::result
                                     : Member::other;
        const auto index = static_cast<std::size_t>(member_);
        if (member_ != Member::other && std::exchange(members_seen_[index], true)) return fail("a member twice");
        in_result_ = member_ == Member::result;
        if (member_ == Member::id) id_seen_ = true;
        if (in_result_) {
            next_ = result_shape_;
            result_begin_ = position_;
        }
        return true;
    }

    bool scalar() { return stack_.empty() ? fail("not an object") : true; }

    bool number(std::int64_t value, bool is_id)
    {
        if (stack_.size() == 1 && member_ == Member::id) id_fits_ = is_id;
        if (stack_.size() == 1 && member_ == Member::result) result_is_number_ = true;
        if (in_error() && key_ == "code") error_.code = value;
        return scalar();
    }

    /// The number in `text`, the result's name and colon gone but for the latter.
    static std::string_view number_behind(std::string_view text)
    {
        text.remove_prefix(text.find_first_of("-0123456789"));
        return text.substr(0, text.find_first_not_of("+-.0123456789Ee"));
    }

    /// The position is behind the opening bracket.
    void begin_value()
    {
        if (stack_.size() != 1) return;
        if (member_ == Member::result) result_begin_ = position_ - 1;
        if (member_ == Member::error) has_error_ = true;
    }

    bool push()
    {
        if (stack_.size() == kMaxDepth) return fail("nested too deeply");
        stack_.push_back(in_result_ ? next_ : Shape{});
        return true;
    }

    bool pop()
    {
        // What comes next in an array is of the same shape.
        next_ = stack_.back();
        stack_.pop_back();
        if (stack_.size() == 1 && member_ == Member::result) result_end_ = position_;
        return true;
    }

    void note_unknown(std::string_view name)
    {
        const auto is_plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        };
        const bool shown = envelope_.unknown_fields.size() < kMaxUnknownFields && name.size() <= kMaxFieldName &&
                           !name.empty() && std::ranges::all_of(name, is_plain);
        envelope_.unknown_fields.emplace(shown ? name : "other");
    }

    const std::size_t& position_; ///< behind what was read last
    std::uint64_t id_;
    Shape result_shape_;
    Shape next_;               ///< of the value that comes next, in the result
    std::vector<Shape> stack_; ///< of the objects and arrays that are open
    Member member_ = Member::other;
    std::array<bool, 4> members_seen_{};
    bool in_result_ = false;
    bool id_seen_ = false;
    bool id_fits_ = false;
    bool id_is_null_ = false;
    bool has_error_ = false;
    bool result_is_number_ = false;
    std::size_t result_begin_ = 0;
    std::size_t result_end_ = 0;
    std::string key_; ///< in the error
    Envelope::Error error_;
    Envelope envelope_;
    std::string complaint_;
};

} // namespace

std::expected<Envelope, Fault> read_envelope(std::string_view body, std::uint64_t id, const Descriptor& message,
                                             std::string_view answer_field)
{
    const Shape shape =
        answer_field.empty() ? Shape{&message, false} : shape_of(*message.FindFieldByName(std::string{answer_field}));
    // The parser takes it for the end.
    if (body.contains('\0')) return std::unexpected(Fault{Cause::malformed, "a zero byte"});
    std::size_t position = 0;
    Handler handler{position, id, shape};
    const Cursor begin{std::to_address(body.begin()), &position};
    const Cursor end{std::to_address(body.end()), &position};
    if (!nlohmann::json::sax_parse(begin, end, &handler))
        return std::unexpected(Fault{Cause::malformed, fmt::format("at byte {}: {}", position, handler.complaint())});
    return handler.finish(body);
}

} // namespace peer_observer::rpc_extractor
