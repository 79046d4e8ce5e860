// Which source may publish which node: a host that is observed must not speak for another one.
#pragma once

#include "libs/bus/endpoint.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::bus {

/// A source as users give it: a URL, and behind a `=` the names of the nodes that it may publish, with commas between
/// them. Without names the nodes are those that nobody else has.
struct BoundSource {
    std::string url;
    std::vector<std::string> nodes = {};
};

/// Splits at the last `=`, where a slash does not follow: a path may have both. Throws OptionError for a bad name.
BoundSource parse_bound_source(const std::string& text);

/// A node that is bound is its sources' alone. Any other belongs to the host of the source by which it came first: an
/// observed host has several publishers (extractor, rpc-extractor, tools), at several ports, for one node. All sources
/// on this host (ipc, loopback) are of one host. What is taken is never given back while the process runs: who waits
/// for the owner's end must not be rewarded.
class NodeOwners {
public:
    void add_source(const Endpoint& endpoint, std::vector<std::string> bound_nodes);

    /// Nothing if the source may publish the node, else who has it. Sources count from 0, in the order of add_source().
    std::optional<std::string> refusal(std::size_t source, std::string_view node);

private:
    struct Source {
        std::string url;
        std::string host;
        std::vector<std::string> nodes; ///< empty = not bound
    };

    std::vector<Source> sources_;
    std::map<std::string, std::size_t, std::less<>> owners_; ///< of nodes that are not bound: the first source
};

} // namespace peer_observer::bus
