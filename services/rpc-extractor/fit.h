// Makes JSON fit a message: nodes of other versions and other implementations have values of other types.
#pragma once

#include <google/protobuf/descriptor.h>
#include <nlohmann/json_fwd.hpp>

#include <set>
#include <string>

namespace peer_observer::rpc_extractor {

/// Changes what the fields of `message` cannot take, without which protobuf refuses the whole answer, and versions of
/// protobuf refuse different things: one value where a list belongs becomes a list, an empty text there none; numbers
/// and texts are taken for each other where that loses nothing; all else is removed, and its field's name put into
/// `removed`. Removes names that are no field's, too.
void fit(nlohmann::json& object, const google::protobuf::Descriptor& message, std::set<std::string>& removed);

} // namespace peer_observer::rpc_extractor
