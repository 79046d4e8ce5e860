#include "services/rpc-extractor/answer.h"

#include "services/rpc-extractor/envelope.h"
#include "services/rpc-extractor/fit.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace peer_observer::rpc_extractor {
namespace {

using google::protobuf::Message;

// Of Core's RPC error codes (rpc/protocol.h).
constexpr std::int64_t kInWarmup = -28;
constexpr std::int64_t kMethodNotFound = -32601;
constexpr std::int64_t kParseError = -32700;
constexpr long kOk = 200;

constexpr std::size_t kMaxText = 200;

/// For a log line, whoever wrote it.
std::string one_line(std::string_view text)
{
    std::string line{text.substr(0, kMaxText)};
    // Core's texts are ASCII, except for this one: "Loading block index…".
    constexpr std::string_view kEllipsis = "\xe2\x80\xa6";
    for (auto at = line.find(kEllipsis); at != std::string::npos; at = line.find(kEllipsis))
        line.replace(at, kEllipsis.size(), "...");
    std::erase_if(line,
                  [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }); // the rest of a character
    std::ranges::replace_if(line, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return line;
}

std::expected<void, Fault> map(const std::string& json, Message& message)
{
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    const auto status = google::protobuf::util::JsonStringToMessage(json, &message, options);
    if (status.ok()) return {};
    return std::unexpected(Fault{Cause::unexpected_value, one_line(status.ToString())});
}

/// False if nothing of the answer is left.
bool make_fit(std::string& text, const google::protobuf::Descriptor& message, std::string_view answer_field,
              std::set<std::string>& removed)
{
    auto value = nlohmann::json::parse(text, nullptr, false);
    if (!value.is_object()) return true;
    fit(value, message, removed);
    text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return answer_field.empty() || value.contains(std::string{answer_field});
}

/// An answer may be large: of getrawaddrman and getorphantxs. It is made to fit only if protobuf refuses it, for the
/// copy takes ten times its size.
std::expected<void, Fault> map_fitted(std::string json, const Call& call, Message& message,
                                      std::set<std::string>& removed)
{
    constexpr std::size_t kLarge = std::size_t{8} << 20U;
    if (json.size() > kLarge && map(json, message)) return {};
    message.Clear();
    if (!make_fit(json, *message.GetDescriptor(), call.answer_field, removed))
        return std::unexpected(Fault{Cause::unexpected_value, "the result has another type or range"});
    return map(json, message);
}

Fault fault_of(const Envelope::Error& error)
{
    // btcd refuses named parameters as a parse error, and has a text for what it knows and does not do.
    const bool is_unknown =
        error.code == kMethodNotFound || error.code == kParseError || error.message == "Command unimplemented";
    const Cause cause = error.code == kInWarmup ? Cause::warming_up
                        : is_unknown            ? Cause::unknown_method
                                                : Cause::rpc_error;
    return {cause, fmt::format("{} ({})", one_line(error.message), error.code)};
}

/// What the server says, for a status without JSON-RPC in the body.
Fault fault_of(Cause cause, long status, std::string_view body)
{
    const auto words = one_line(body.substr(0, body.find_last_not_of(" \r\n") + 1));
    return {cause, words.empty() ? fmt::format("HTTP {}", status) : fmt::format("HTTP {}: {}", status, words)};
}

std::expected<void, Fault> check_status(long status, std::string_view body)
{
    switch (status) {
    case 401:
        return std::unexpected(Fault{Cause::unauthorized, "HTTP 401: wrong user, password or cookie"});
    case 403:
        return std::unexpected(Fault{Cause::forbidden, "HTTP 403: the node's -rpcwhitelist or -rpcallowip forbids it"});
    case 503: {
        // Core's httpserver.cpp: "Work queue depth exceeded", "Request rejected during server shutdown", and no word of
        // RejectRequest() while it stops.
        const bool is_stopping = body.empty() || body.contains("shutdown");
        return std::unexpected(fault_of(is_stopping ? Cause::shutting_down : Cause::overloaded, status, body));
    }
    default:
        return {};
    }
}

} // namespace

std::expected<Answer, Fault> read_answer(const Call& call, std::uint64_t id, long http_status, std::string_view body)
{
    if (auto checked = check_status(http_status, body); !checked) return std::unexpected(checked.error());

    Answer answer;
    const auto* const arm = proto::Rpc::descriptor()->FindFieldByName(std::string{call.method});
    auto envelope = read_envelope(body, id, *arm->message_type(), call.answer_field);
    if (!envelope && http_status != kOk) return std::unexpected(fault_of(Cause::http_status, http_status, body));
    if (!envelope) return std::unexpected(envelope.error());
    if (envelope->error) return std::unexpected(fault_of(*envelope->error));
    if (http_status != kOk) return std::unexpected(Fault{Cause::http_status, fmt::format("HTTP {}", http_status)});

    Message& message = *answer.rpc.GetReflection()->MutableMessage(&answer.rpc, arm);
    std::string json = call.answer_field.empty() ? std::string{*envelope->result}
                                                 : fmt::format(R"({{"{}":{}}})", call.answer_field, *envelope->result);
    answer.unknown_fields = std::move(envelope->unknown_fields);
    if (auto mapped = map_fitted(std::move(json), call, message, answer.unknown_fields); !mapped)
        return std::unexpected(mapped.error());
    if (call.params.starts_with('{')) {
        const std::unique_ptr<Message> asked{message.New()};
        if (auto mapped = map(std::string{call.params}, *asked); !mapped) return std::unexpected(mapped.error());
        message.MergeFrom(*asked);
    }
    return answer;
}

} // namespace peer_observer::rpc_extractor
