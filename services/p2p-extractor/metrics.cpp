#include "services/p2p-extractor/metrics.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace peer_observer::p2p_extractor {
namespace {

using telemetry::MetricType;
using telemetry::Sample;

struct Row {
    const char* name;
    const char* help;
    MetricType type;
    Figures::Count Figures::* figure;
    double unit = 1;
};

constexpr std::array kRows = {
    Row{"peer_observer_p2p_extractor_connections", "Connections to the node, including those in the handshake.",
        MetricType::gauge, &Figures::connections},
    Row{"peer_observer_p2p_extractor_handshakes_total", "Connections that completed the handshake.",
        MetricType::counter, &Figures::handshakes},
    Row{"peer_observer_p2p_extractor_received_messages_total", "Messages received from the node.", MetricType::counter,
        &Figures::messages},
    Row{"peer_observer_p2p_extractor_received_bytes_total", "Bytes received from the node, including message headers.",
        MetricType::counter, &Figures::bytes},
    Row{"peer_observer_p2p_extractor_pings_total", "Pings sent.", MetricType::counter, &Figures::pings},
    Row{"peer_observer_p2p_extractor_pongs_total", "Pongs received in answer to a ping.", MetricType::counter,
        &Figures::pongs},
    Row{"peer_observer_p2p_extractor_unexpected_pongs_total",
        "Pongs without a nonce, with a wrong nonce, or without an outstanding ping.", MetricType::counter,
        &Figures::unexpected_pongs},
    Row{"peer_observer_p2p_extractor_refused_connections_total",
        "Connections closed at once because the limit of their address was reached.", MetricType::counter,
        &Figures::refused},
    Row{"peer_observer_p2p_extractor_ping_waiting_seconds",
        "Time for which the oldest outstanding ping has waited for its pong. 0 if there is none.", MetricType::gauge,
        &Figures::ping_waiting_ns, 1e-9},
};

std::string reason_label(std::size_t reason)
{
    auto name = proto::EndReason_Name(static_cast<proto::EndReason>(reason));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return name;
}

} // namespace

void add_metrics(telemetry::Telemetry& telemetry, const AllFigures& figures)
{
    for (const auto& row : kRows)
        telemetry.add(row.name, row.help, row.type, [&figures, &row] {
            std::vector<Sample> samples;
            for (const auto& [node, of_node] : figures)
                samples.push_back({static_cast<double>((of_node.*row.figure).load()) * row.unit, {{"node", node}}});
            return samples;
        });
    telemetry.add("peer_observer_p2p_extractor_ended_total", "Ended connections and failed attempts, by reason.",
                  MetricType::counter, [&figures] {
                      std::vector<Sample> samples;
                      for (const auto& [node, of_node] : figures)
                          for (std::size_t reason = 1; reason < of_node.ended.size(); ++reason)
                              samples.push_back({static_cast<double>(of_node.ended[reason].load()),
                                                 {{"node", node}, {"reason", reason_label(reason)}}});
                      return samples;
                  });
}

} // namespace peer_observer::p2p_extractor
