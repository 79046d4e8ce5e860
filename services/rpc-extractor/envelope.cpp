#include "services/rpc-extractor/envelope.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

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

/// rapidjson's handler. A method returns false to stop.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
public:
    Handler(const rapidjson::MemoryStream& stream, std::uint64_t id, Shape result)
        : stream_{stream}, id_{std::to_string(id)}, result_shape_{result}
    {}

    bool Default() { return scalar({}, false); } // null, true, false
    bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return scalar({text, size}, true); }
    bool String(const char* text, rapidjson::SizeType size, bool)
    {
        if (in_error() && key_ == "message") error_.message.assign(text, std::min<std::size_t>(size, kMaxErrorMessage));
        return scalar({text, size}, false);
    }

    bool Key(const char* text, rapidjson::SizeType size, bool)
    {
        const std::string_view name{text, size};
        if (stack_.size() == 1) return member(name);
        if (in_error()) key_ = name;
        if (!in_result_) return true;
        const Shape& object = stack_.back();
        next_ = {};
        if (object.is_map) {
            next_.message = object.message;
        } else if (object.message != nullptr) {
            const auto* const field = object.message->FindFieldByName(std::string{name});
            if (field != nullptr)
                next_ = shape_of(*field);
            else
                note_unknown(name);
        }
        return true;
    }

    bool StartObject()
    {
        begin_value();
        return push();
    }
    bool StartArray()
    {
        if (stack_.empty()) return fail("not an object");
        begin_value();
        return push();
    }
    bool EndObject(rapidjson::SizeType) { return pop(); }
    bool EndArray(rapidjson::SizeType) { return pop(); }

    std::expected<Envelope, Fault> finish(std::string_view body)
    {
        if (!id_seen_) return std::unexpected(Fault{Cause::malformed, "an answer without an id"});
        if (!id_fits_) return std::unexpected(Fault{Cause::wrong_id, "the answer to another call"});
        if (has_error_)
            envelope_.error = std::move(error_);
        else if (result_end_ > result_begin_)
            envelope_.result = body.substr(result_begin_, result_end_ - result_begin_);
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
        if (in_result_) next_ = result_shape_;
        return true;
    }

    bool scalar(std::string_view text, bool is_number)
    {
        if (stack_.empty()) return fail("not an object");
        if (stack_.size() == 1 && member_ == Member::id) {
            id_seen_ = true;
            id_fits_ = is_number && text == id_;
        }
        if (stack_.size() == 1 && member_ == Member::result && is_number) {
            result_end_ = stream_.Tell();
            result_begin_ = result_end_ - text.size();
        }
        if (in_error() && key_ == "code" && is_number)
            std::from_chars(text.data(), text.data() + text.size(), error_.code);
        return true;
    }

    /// The stream is at the opening bracket: rapidjson's iterative parser takes brackets after it has told us.
    void begin_value()
    {
        if (stack_.size() != 1) return;
        if (member_ == Member::result) result_begin_ = stream_.Tell();
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
        if (stack_.size() == 1 && member_ == Member::result) result_end_ = stream_.Tell() + 1;
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

    const rapidjson::MemoryStream& stream_;
    std::string id_;
    Shape result_shape_;
    Shape next_;               ///< of the value that comes next, in the result
    std::vector<Shape> stack_; ///< of the objects and arrays that are open
    Member member_ = Member::other;
    std::array<bool, 4> members_seen_{};
    bool in_result_ = false;
    bool id_seen_ = false;
    bool id_fits_ = false;
    bool has_error_ = false;
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
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
    const Shape shape =
        answer_field.empty() ? Shape{&message, false} : shape_of(*message.FindFieldByName(std::string{answer_field}));
    rapidjson::MemoryStream stream{body.data(), body.size()};
    Handler handler{stream, id, shape};
    rapidjson::Reader reader;
    const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, handler);
    if (parsed.IsError())
        return std::unexpected(
            Fault{Cause::malformed, fmt::format("at byte {}: {}", parsed.Offset(),
                                                handler.complaint().empty() ? rapidjson::GetParseError_En(parsed.Code())
                                                                            : handler.complaint())});
    if (stream.Tell() != body.size())
        return std::unexpected(Fault{Cause::malformed, "a zero byte"}); // taken for the end
    return handler.finish(body);
}

} // namespace peer_observer::rpc_extractor
