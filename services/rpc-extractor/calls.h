// The calls: which method, with which parameters, how often, and what its answer becomes.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace peer_observer::rpc_extractor {

struct Call {
    /// Also the name of the arm of proto::Rpc that takes the answer.
    std::string_view method;
    /// JSON. Named ones that the message has fields for are put into it, beside the answer.
    std::string_view params;
    /// The field of the message that takes the answer, where that is not an object with fields of the message's.
    std::string_view answer_field;
    std::chrono::seconds interval;
    std::size_t max_answer_bytes;
    /// For the call after one whose answer was too large. Empty = as ever.
    std::string_view smaller_params = {};
};

/// In the order in which they start; calls of one method stand together.
std::span<const Call> calls();

} // namespace peer_observer::rpc_extractor
