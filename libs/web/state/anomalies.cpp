#include "libs/web/state/anomalies.h"

#include <algorithm>
#include <tuple>

namespace peer_observer::web {

void Anomalies::observe(const proto::Anomaly& anomaly, std::uint64_t timestamp_ns)
{
    const proto::AnomalyReport* report = nullptr;
    if (anomaly.has_opened()) report = &anomaly.opened();
    if (anomaly.has_updated()) report = &anomaly.updated();
    if (anomaly.has_closed()) report = &anomaly.closed();
    if (report == nullptr) return;
    if (!records_.contains(report->anomaly_id())) make_room();
    auto& record = records_[report->anomaly_id()];
    if (record.opened_ns == 0) record.opened_ns = timestamp_ns;
    record.updated_ns = timestamp_ns;
    if (anomaly.has_updated()) ++record.updates;
    record.closed_ns = anomaly.has_closed() ? timestamp_ns : 0;
    record.report = *report;
    const auto network = base::IpNetwork::parse(report->subject());
    record.network = network && report->subject().contains('/') ? std::optional{*network} : std::nullopt;
    if (report->ByteSizeLong() > kMaxAnomalyBytes) record.report.clear_nodes();
}

void Anomalies::make_room()
{
    if (records_.size() < kMaxAnomalies) return;
    const auto oldest = std::ranges::min_element(
        records_, {}, [](const auto& entry) { return std::tuple{entry.second.is_open(), entry.second.updated_ns}; });
    records_.erase(oldest);
}

} // namespace peer_observer::web
