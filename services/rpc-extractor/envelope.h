// Takes a JSON-RPC answer apart without building it: where its result is, what its error says.
#pragma once

#include "services/rpc-extractor/fault.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace peer_observer::rpc_extractor {

struct Envelope {
    struct Error {
        std::int64_t code = 0;
        std::string message; ///< cut where it is long
    };

    /// A part of the text: an object, an array or a number. Absent where there is an error.
    std::optional<std::string_view> result;
    std::optional<Error> error;
    /// Names of fields in the result that the message does not have; bounded in number and length.
    std::set<std::string> unknown_fields;
};

/// Names longer than this, or of other characters than a method's result has, are `other`.
inline constexpr std::size_t kMaxFieldName = 64;

/// `body` is checked whole: UTF-8, one JSON object, not nested deeper than any answer of Core's. The result is compared
/// with the fields of `message`, or with those of its field `answer_field` where that is not empty. The fault is
/// malformed or wrong_id.
std::expected<Envelope, Fault> read_envelope(std::string_view body, std::uint64_t id,
                                             const google::protobuf::Descriptor& message,
                                             std::string_view answer_field);

} // namespace peer_observer::rpc_extractor
