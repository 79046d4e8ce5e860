#include "services/p2p-extractor/notices.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace peer_observer::p2p_extractor {
namespace {

/// One entry a node, an address of our options and a reason; a peer cannot add any.
std::string key_of(const std::string& node, const proto::NodeConnection& connection)
{
    const bool is_ours = connection.direction() == proto::NodeConnection::TO_NODE;
    return fmt::format("{} {} ", node, is_ours ? connection.node_address() : connection.own_address());
}

} // namespace

void Notices::log(const std::string& node, const proto::P2pExtractor& event)
{
    if (event.has_connected()) {
        const auto& connected = event.connected();
        const auto key = key_of(node, connected.connection());
        std::erase_if(failing_, [&](const std::string& entry) { return entry.starts_with(key); });
        spdlog::info("{}: connected with {}, user agent {:?}", node, connected.connection().node_address(),
                     connected.version().user_agent());
    } else if (event.has_connect_failed() && event.connect_failed().reason() != proto::STOPPED) {
        const auto& failed = event.connect_failed();
        if (failing_.insert(key_of(node, failed.connection()) + proto::EndReason_Name(failed.reason())).second)
            spdlog::warn("{}: no connection with {}: {}; retrying", node, failed.connection().node_address(),
                         failed.detail());
    } else if (event.has_disconnected() && event.disconnected().reason() != proto::STOPPED) {
        const auto& ended = event.disconnected();
        spdlog::warn("{}: disconnected from {}: {}", node, ended.connection().node_address(), ended.detail());
    }
}

} // namespace peer_observer::p2p_extractor
