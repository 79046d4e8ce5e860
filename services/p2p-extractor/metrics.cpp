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
    Row{"peer_observer_p2p_extractor_connections", "Connections with the node, those in the handshake included.",
        MetricType::gauge, &Figures::connections},
    Row{"peer_observer_p2p_extractor_handshakes_total", "Connections that completed the handshake.",
        MetricType::counter, &Figures::handshakes},
    Row{"peer_observer_p2p_extractor_received_messages_total", "Messages of the node.", MetricType::counter,
        &Figures::messages},
    Row{"peer_observer_p2p_extractor_received_bytes_total", "Bytes of the node, headers of messages included.",
        MetricType::counter, &Figures::bytes},
    Row{"peer_observer_p2p_extractor_pings_total", "Pings that were sent.", MetricType::counter, &Figures::pings},
    Row{"peer_observer_p2p_extractor_pongs_total", "Pongs that answered them.", MetricType::counter, &Figures::pongs},
    Row{"peer_observer_p2p_extractor_unexpected_pongs_total",
        "Pongs without nonce, with another nonce, or while no ping was waiting.", MetricType::counter,
        &Figures::unexpected_pongs},
    Row{"peer_observer_p2p_extractor_refused_connections_total",
        "Connections that were closed at once: their address had as many as it takes.", MetricType::counter,
        &Figures::refused},
    Row{"peer_observer_p2p_extractor_ping_waiting_seconds",
        "How long the ping that has waited longest has been waiting for its pong; 0 = none is waiting.",
        MetricType::gauge, &Figures::ping_waiting_ns, 1e-9},
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
    telemetry.add("peer_observer_p2p_extractor_ended_total", "Connections and attempts that have ended, by reason.",
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
