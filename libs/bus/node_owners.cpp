#include "libs/bus/node_owners.h"

#include "libs/bus/exposure.h"
#include "libs/bus/frame.h"
#include "libs/bus/option_error.h"

#include <algorithm>
#include <utility>

namespace peer_observer::bus {
namespace {

// A source may invent any number of names. Those beyond belong to nobody.
constexpr std::size_t kMaxOwned = 4096;

std::string host_of(const Endpoint& endpoint)
{
    if (endpoint.transport == Endpoint::Transport::ipc || is_this_host(endpoint.host)) return "";
    std::string host = endpoint.host;
    std::ranges::transform(host, host.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return host;
}

} // namespace

BoundSource parse_bound_source(const std::string& text)
{
    const auto mark = text.rfind('=');
    if (mark == std::string::npos || text.find('/', mark) != std::string::npos) return {.url = text};
    BoundSource source{.url = text.substr(0, mark)};
    for (std::size_t begin = mark + 1; begin <= text.size();) {
        const auto end = std::min(text.find(',', begin), text.size());
        source.nodes.push_back(text.substr(begin, end - begin));
        if (!events::is_node_name(source.nodes.back())) {
            throw OptionError{"bad source \"" + text + "\": \"" + source.nodes.back() +
                              "\" is not a node name, which has 1 to 64 characters of [A-Za-z0-9._-]"};
        }
        begin = end + 1;
    }
    return source;
}

void NodeOwners::add_source(const Endpoint& endpoint, std::vector<std::string> bound_nodes)
{
    sources_.push_back({.url = endpoint.url, .host = host_of(endpoint), .nodes = std::move(bound_nodes)});
}

std::optional<std::string> NodeOwners::refusal(std::size_t source, std::string_view node)
{
    const Source& from = sources_[source];
    const auto names_it = [&](const Source& other) {
        return std::ranges::find(other.nodes, node) != other.nodes.end();
    };
    if (names_it(from)) return std::nullopt;
    if (!from.nodes.empty()) return "the source is bound to other nodes";
    if (const auto bound = std::ranges::find_if(sources_, names_it); bound != sources_.end()) {
        return "it is bound to " + bound->url;
    }
    const auto owned = owners_.find(node);
    if (owned == owners_.end()) {
        if (owners_.size() < kMaxOwned) owners_.emplace(node, source);
        return std::nullopt;
    }
    const Source& owner = sources_[owned->second];
    if (owner.host == from.host) return std::nullopt;
    return "it came from " + owner.url + " first, which is another host";
}

} // namespace peer_observer::bus
