// From the bytes of an HTTP answer to a protobuf message.
#pragma once

#include "proto/rpc.pb.h"
#include "services/rpc-extractor/calls.h"
#include "services/rpc-extractor/fault.h"

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <string_view>

namespace peer_observer::rpc_extractor {

struct Answer {
    proto::Rpc rpc;
    /// Fields that the node's version has and ours does not (see Envelope), or whose values have another type.
    std::set<std::string> unknown_fields;
};

/// `id` is that of the request. Memory is bounded by a small multiple of the body's size.
std::expected<Answer, Fault> read_answer(const Call& call, std::uint64_t id, long http_status, std::string_view body);

} // namespace peer_observer::rpc_extractor
