#include "services/detector/open_anomalies.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace peer_observer::detector {
namespace {

constexpr std::size_t kLongestSubject = 100; // Tor's addresses have 62 characters; a publisher may invent longer ones

auto order_of(const OpenAnomaly& anomaly)
{
    return std::tuple{-static_cast<int>(anomaly.severity), anomaly.opened, anomaly.kind, std::string_view{anomaly.node},
                      std::string_view{anomaly.subject}};
}

} // namespace

OpenAnomalies summarize(std::vector<OpenAnomaly> open)
{
    std::ranges::sort(open, [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
    std::map<std::tuple<std::string_view, AnomalySeverity, std::string>, OpenCount> counts;
    std::set<std::tuple<std::string_view, std::string, std::string>> known;
    std::vector<OpenAnomaly> listed;
    for (OpenAnomaly& anomaly : open) {
        OpenCount& of_kind = counts[{anomaly.kind, anomaly.severity, anomaly.node}];
        ++of_kind.count;
        if (anomaly.severity < proto::AnomalyReport::WARNING) continue;
        if (anomaly.subject.size() > kLongestSubject) anomaly.subject.resize(kLongestSubject);
        // Two processes of one node may have a peer of the same number.
        const bool is_known = known.contains({anomaly.kind, anomaly.node, anomaly.subject});
        if (!is_known && (listed.size() == kMostListed || of_kind.listed >= kMostListedOfOneKind)) continue;
        ++of_kind.listed;
        if (is_known) continue;
        known.emplace(anomaly.kind, anomaly.node, anomaly.subject);
        listed.push_back(std::move(anomaly));
    }
    OpenAnomalies result{.counts = {}, .listed = std::move(listed)};
    for (auto& [key, of_kind] : counts) {
        std::tie(of_kind.kind, of_kind.severity, of_kind.node) = key;
        result.counts.push_back(std::move(of_kind));
    }
    return result;
}

} // namespace peer_observer::detector
