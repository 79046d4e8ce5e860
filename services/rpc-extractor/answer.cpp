#include "services/rpc-extractor/answer.h"

#include "services/rpc-extractor/envelope.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

namespace peer_observer::rpc_extractor {
namespace {

using google::protobuf::Message;

// Of Core's RPC error codes (rpc/protocol.h).
constexpr std::int64_t kInWarmup = -28;
constexpr std::int64_t kMethodNotFound = -32601;
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

Fault fault_of(const Envelope::Error& error)
{
    const Cause cause = error.code == kInWarmup         ? Cause::warming_up
                        : error.code == kMethodNotFound ? Cause::unknown_method
                                                        : Cause::rpc_error;
    return {cause, fmt::format("{} ({})", one_line(error.message), error.code)};
}

std::expected<void, Fault> check_status(long status)
{
    switch (status) {
    case 401:
        return std::unexpected(Fault{Cause::unauthorized, "HTTP 401: wrong user, password or cookie"});
    case 403:
        return std::unexpected(Fault{Cause::forbidden, "HTTP 403: the node's -rpcwhitelist or -rpcallowip forbids it"});
    case 503:
        return std::unexpected(Fault{Cause::overloaded, "HTTP 503: the node has too many calls waiting"});
    default:
        return {};
    }
}

} // namespace

std::expected<Answer, Fault> read_answer(const Call& call, std::uint64_t id, long http_status, std::string_view body)
{
    if (auto checked = check_status(http_status); !checked) return std::unexpected(checked.error());

    Answer answer;
    const auto* const arm = proto::Rpc::descriptor()->FindFieldByName(std::string{call.method});
    auto envelope = read_envelope(body, id, *arm->message_type(), call.answer_field);
    if (!envelope && http_status != kOk)
        return std::unexpected(Fault{Cause::http_status, fmt::format("HTTP {}", http_status)});
    if (!envelope) return std::unexpected(envelope.error());
    if (envelope->error) return std::unexpected(fault_of(*envelope->error));
    if (http_status != kOk) return std::unexpected(Fault{Cause::http_status, fmt::format("HTTP {}", http_status)});

    Message& message = *answer.rpc.GetReflection()->MutableMessage(&answer.rpc, arm);
    std::string json = call.answer_field.empty() ? std::string{*envelope->result}
                                                 : fmt::format(R"({{"{}":{}}})", call.answer_field, *envelope->result);
    if (auto mapped = map(json, message); !mapped) return std::unexpected(mapped.error());
    if (call.params.starts_with('{')) {
        const std::unique_ptr<Message> asked{message.New()};
        if (auto mapped = map(std::string{call.params}, *asked); !mapped) return std::unexpected(mapped.error());
        message.MergeFrom(*asked);
    }
    answer.unknown_fields = std::move(envelope->unknown_fields);
    return answer;
}

} // namespace peer_observer::rpc_extractor
