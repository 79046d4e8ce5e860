#include "services/detector/correlator.h"

#include "libs/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>

namespace peer_observer::detector {
namespace {

constexpr Time kUpdateEvery = 60 * kSecond;

/// FNV-1a, for a number that is the same at each replay.
std::uint64_t hash_of(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

auto order_of(const Report& report)
{
    using Order = std::tuple<Time, const WatchId&, std::string_view, std::string_view, Report::Action>;
    return Order{report.time, report.watch, report.definition->kind, report.subject, report.action};
}

/// Of the deciding figure to its threshold.
double ratio_of(const AlarmState& state)
{
    const auto& figure = state.figures.front();
    return figure.threshold > 0 ? figure.value / figure.threshold : 1;
}

/// One step up from ten times the threshold on.
AnomalySeverity severity_of(const Definition& definition, double ratio)
{
    if (ratio < 10 || !definition.escalates || definition.severity == proto::AnomalyReport::CRITICAL)
        return definition.severity;
    return static_cast<AnomalySeverity>(definition.severity + 1);
}

/// Each multiple of the threshold leaves that much less doubt, and each node half of it.
std::uint32_t confidence_of(const Definition& definition, double ratio, std::size_t nodes)
{
    const double doubt =
        (100.0 - definition.confidence_percent) / std::max(ratio, 1.0) / std::pow(2.0, static_cast<double>(nodes) - 1);
    return static_cast<std::uint32_t>(std::clamp(100 - std::ceil(doubt), 0.0, 99.0));
}

void add_evidence(const std::vector<Moment>& moments, proto::AnomalyNode& node)
{
    for (const auto& moment : moments) {
        auto& evidence = *node.add_evidence();
        evidence.set_publisher_id(moment.publisher_id);
        evidence.set_sequence(moment.sequence);
        evidence.set_timestamp_ns(moment.time);
    }
}

void fill_profile(const Profile& from, proto::AnomalyProfile& profile)
{
    profile.set_first_ns(from.first);
    profile.set_last_ns(from.last);
    profile.set_connection_count(from.connections);
    profile.mutable_user_agents()->Assign(from.user_agents.begin(), from.user_agents.end());
    profile.mutable_versions()->Assign(from.versions.begin(), from.versions.end());
    profile.mutable_services()->Assign(from.services.begin(), from.services.end());
    profile.mutable_connection_types()->Assign(from.connection_types.begin(), from.connection_types.end());
    profile.mutable_networks()->Assign(from.networks.begin(), from.networks.end());
}

/// What is compared with what, and what the parameters mean.
std::string words_of(const Definition& definition, const AlarmState& state)
{
    std::string words;
    for (const auto& figure : state.figures)
        if (figure.threshold > 0)
            words += fmt::format("{}{} at least {:g}", words.empty() ? "" : ", ", figure.name, figure.threshold);
    for (const auto& parameter : definition.parameters)
        words += fmt::format("; {}: {}", parameter.name, parameter.meaning);
    return words;
}

void fill_node(const WatchId& id, const AlarmState& state, const LoggedReasons& logged, proto::AnomalyNode& node)
{
    node.set_node(id.node);
    node.set_pid(id.pid);
    node.set_process_start_ms(id.process_start_ms);
    node.set_first_ns(state.first);
    node.set_last_ns(state.last);
    for (const auto& from : state.figures) {
        auto& figure = *node.add_figures();
        figure.set_name(std::string{from.name});
        figure.set_value(from.value);
        if (from.threshold > 0) figure.set_threshold(from.threshold);
    }
    for (const auto& [reason, lines] : logged.counts()) {
        auto& figure = *node.add_figures();
        figure.set_name("log: " + reason);
        figure.set_value(static_cast<double>(lines));
    }
    node.set_peer_count(state.peer_count);
    for (const auto& from : state.peers) {
        auto& peer = *node.add_peers();
        peer.set_peer_id(from.id);
        peer.set_address(from.address);
        peer.set_user_agent(from.user_agent);
        if (from.mapped_as != 0) peer.set_mapped_as(from.mapped_as);
        if (!from.site.empty() && std::ranges::find(node.netgroups(), from.site) == node.netgroups().end())
            node.add_netgroups(from.site);
    }
    if (state.profile) fill_profile(*state.profile, *node.mutable_profile());
    add_evidence(state.first_evidence, node);
    add_evidence(state.last_evidence, node);
    add_evidence(logged.evidence(), node);
}

} // namespace

void Correlator::add(Report&& report) { waiting_.push_back(std::move(report)); }

void Correlator::advance(Time now)
{
    newest_ = std::max(newest_, now);
    if (waiting_.empty() || newest_ < next_release_) return;
    next_release_ = newest_ + kSecond / 10;
    if (newest_ > kWait) release(newest_ - kWait);
}

void Correlator::flush() { release(std::numeric_limits<Time>::max()); }

void Correlator::release(Time before)
{
    std::ranges::sort(waiting_, [](const Report& a, const Report& b) { return order_of(a) < order_of(b); });
    const auto end = std::ranges::find_if(waiting_, [&](const Report& report) { return report.time >= before; });
    for (auto report = waiting_.begin(); report != end; ++report)
        handle(*report);
    waiting_.erase(waiting_.begin(), end);
}

void Correlator::handle(const Report& report)
{
    using Action = Report::Action;
    const Key key{report.definition, report.subject, report.is_local ? report.watch : WatchId{}};
    auto found = open_.find(key);
    const bool is_new = found == open_.end();
    if (is_new) {
        if (report.action == Action::closed) return;
        const auto& process = std::get<WatchId>(key);
        const auto id = hash_of(fmt::format("{} {} {} {} {}", report.definition->kind, report.subject,
                                            report.state.first, process.pid, process.process_start_ms));
        found = open_.emplace(key, Anomaly{.id = id, .opened = report.time, .nodes = {}}).first;
    }
    Anomaly& anomaly = found->second;
    const bool joins = !anomaly.nodes.contains(report.watch);
    Anomaly::Node& own = anomaly.nodes[report.watch];
    own.is_open = report.action != Action::closed;
    own.state = report.state;
    if (report.definition->uses_log) own.logged.add(reasons_(report));
    if (is_new) {
        anomaly.next_update = report.time + kUpdateEvery;
        publish(report, Action::opened, anomaly);
    } else if (std::ranges::none_of(anomaly.nodes, [](const auto& node) { return node.second.is_open; })) {
        publish(report, Action::closed, anomaly);
        open_.erase(found);
    } else if (joins || (report.action == Action::updated && report.time >= anomaly.next_update)) {
        anomaly.next_update = report.time + kUpdateEvery;
        publish(report, Action::updated, anomaly);
    }
}

void Correlator::publish(const Report& cause, Report::Action action, Anomaly& anomaly) const
{
    const auto* definition = cause.definition;
    const auto& subject = cause.subject;
    proto::Event event;
    event.set_timestamp_ns(cause.time);
    auto& outer = *event.mutable_anomaly();
    auto& report = action == Report::Action::opened    ? *outer.mutable_opened()
                   : action == Report::Action::updated ? *outer.mutable_updated()
                                                       : *outer.mutable_closed();
    report.set_anomaly_id(anomaly.id);
    report.set_kind(std::string{definition->kind});
    report.set_subject(subject);
    report.set_subject_name(cause.subject_name);
    report.set_description(cause.subject_name.empty()
                               ? fmt::format("{} {}", subject, definition->text)
                               : fmt::format("{} ({}) {}", subject, cause.subject_name, definition->text));
    Time first = std::numeric_limits<Time>::max();
    Time last = 0;
    double ratio = 0;
    std::set<std::string_view> names;
    for (const auto& [id, node] : anomaly.nodes) {
        names.insert(id.node);
        first = std::min(first, node.state.first);
        last = std::max(last, node.state.last);
        ratio = std::max(ratio, ratio_of(node.state));
        fill_node(id, node.state, node.logged, *report.add_nodes());
    }
    report.set_rule(words_of(*definition, cause.state));
    if (!cause.state.known_as.empty()) report.set_known_as(base::to_utf8(cause.state.known_as));
    report.set_first_ns(first);
    report.set_last_ns(last);
    report.set_severity(severity_of(*definition, ratio));
    report.set_confidence_percent(confidence_of(*definition, ratio, names.size()));
    if (action == Report::Action::closed) report.set_ending(cause.ending);
    const bool rises = report.severity() > anomaly.severity;
    if (rises) anomaly.severity = report.severity();
    publish_(event, *definition, rises);
}

std::vector<OpenAnomaly> Correlator::open() const
{
    std::vector<OpenAnomaly> result;
    for (const auto& [key, anomaly] : open_) {
        std::set<std::string_view> names;
        for (const auto& [id, node] : anomaly.nodes)
            if (node.is_open && names.insert(id.node).second)
                result.push_back({.kind = std::get<const Definition*>(key)->kind,
                                  .severity = anomaly.severity,
                                  .node = id.node,
                                  .subject = std::get<std::string>(key),
                                  .known_as = node.state.known_as,
                                  .opened = anomaly.opened});
    }
    return result;
}

} // namespace peer_observer::detector
