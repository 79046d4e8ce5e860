#include "services/detector/alarms.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace peer_observer::detector {
namespace {

constexpr std::size_t kMostNamed = 16;
constexpr std::size_t kMostEvidence = 4;  // first ones, and as many latest ones
constexpr std::size_t kMostBlocks = 4096; // two messages of headers
constexpr double kGoesOn = 0.5;           // of the thresholds
constexpr Time kCheckEvery = 5 * kSecond;

std::string key_of(const Subject& subject, const std::string& node)
{
    switch (subject.scope) {
    case Subject::Scope::peer:
        if (subject.peer->has_own_host()) return subject.peer->host;
        return fmt::format("peer {} of {}", subject.peer->id, subject.node.empty() ? node : subject.node);
    case Subject::Scope::group:
        return std::string{subject.group};
    case Subject::Scope::node:
        break;
    }
    return "node " + node;
}

bool is_local(const Subject& subject)
{
    if (subject.scope == Subject::Scope::peer) return !subject.peer->has_own_host();
    return subject.scope == Subject::Scope::node;
}

void add_peer(const Peer& peer, AlarmState& state)
{
    const auto known = std::ranges::find(state.peers, peer.id, &AlarmState::Participant::id);
    if (known != state.peers.end()) {
        if (known->user_agent.empty()) known->user_agent = peer.user_agent;
        return;
    }
    // Ids grow: one that is not among the first, and not above all seen, was counted before.
    if (!state.peers.empty() && peer.id <= state.latest_peer) return;
    state.latest_peer = peer.id;
    ++state.peer_count;
    if (state.peers.size() < kMostNamed)
        state.peers.push_back({peer.id, peer.address, peer.user_agent, peer.site, peer.mapped_as});
}

/// Of the figure that is furthest from its threshold.
double share_of_thresholds(std::initializer_list<Figure> figures)
{
    double least = std::numeric_limits<double>::infinity();
    for (const auto& figure : figures)
        if (figure.threshold > 0) least = std::min(least, figure.value / figure.threshold);
    return least;
}

void add_figures(std::initializer_list<Figure> figures, AlarmState& state)
{
    for (const auto& figure : figures) {
        const auto known = std::ranges::find(state.figures, figure.name, &Figure::name);
        if (known == state.figures.end()) {
            state.figures.push_back(figure);
        } else {
            known->threshold = figure.threshold;
            known->value = std::max(known->value, figure.value);
        }
    }
}

void add_evidence(const Moment& evidence, AlarmState& state)
{
    const auto& latest = state.last_evidence.empty() ? state.first_evidence : state.last_evidence;
    if (!latest.empty() && latest.back().sequence == evidence.sequence) return; // more is said of the same event
    if (state.first_evidence.size() < kMostEvidence) {
        state.first_evidence.push_back(evidence);
        return;
    }
    if (state.last_evidence.size() == kMostEvidence) state.last_evidence.erase(state.last_evidence.begin());
    state.last_evidence.push_back(evidence);
}

void add_blocks(std::span<const std::uint64_t> blocks, AlarmState& state)
{
    for (const std::uint64_t block : blocks) {
        const auto place = std::ranges::lower_bound(state.blocks, block);
        if (place != state.blocks.end() && *place == block) continue;
        if (state.blocks.size() < kMostBlocks) state.blocks.insert(place, block);
    }
}

} // namespace

void Alarms::judge(const Moment& at, const Subject& subject, std::initializer_list<Figure> figures, Time first,
                   const Moment* evidence, std::span<const std::uint64_t> blocks)
{
    if (enabled_ == 0) return;
    const double share = share_of_thresholds(figures);
    highest_ = std::max(highest_, share);
    if (share < kGoesOn) return;
    const bool opens = share >= 1;
    if (!opens && open_.size() == 0) return;
    const auto key = key_of(subject, id_.node);
    if (open_.find(key) != nullptr) {
        Alarm& alarm = open_[key];
        note(at, subject, figures, evidence == nullptr ? at : *evidence, blocks, alarm);
        alarm.changed = true;
        return;
    }
    if (!opens) return;
    const auto* known = subject.scope == Subject::Scope::group ? known_peers_.find_group(key) : nullptr;
    if (known != nullptr && known->is_left_out) return;
    if (open_.is_full()) {
        ++refused_;
        return;
    }
    Alarm& alarm = open_[key];
    alarm.state.first = first != 0 ? first : evidence != nullptr ? evidence->time : at.time;
    alarm.is_local = is_local(subject);
    if (known != nullptr) alarm.state.known_as = known->name;
    if (subject.scope == Subject::Scope::peer) alarm.state.known_as = subject.peer->known_as;
    alarm.next_update = at.time + times_.update_every;
    note(at, subject, figures, evidence == nullptr ? at : *evidence, blocks, alarm);
    tell(at.time, Report::Action::opened, key, alarm);
}

void Alarms::note(const Moment& at, const Subject& subject, std::initializer_list<Figure> figures,
                  const Moment& evidence, std::span<const std::uint64_t> blocks, Alarm& alarm)
{
    AlarmState& state = alarm.state;
    state.last = std::max(state.last, at.time);
    add_figures(figures, state);
    if (subject.peer != nullptr) add_peer(*subject.peer, state);
    add_evidence(evidence, state);
    add_blocks(blocks, state);
}

void Alarms::tick(const Moment& at)
{
    if (at.time < next_check_ && at.time + kCheckEvery >= next_check_) return;
    next_check_ = at.time - at.time % kCheckEvery + kCheckEvery;
    std::vector<std::string> over;
    for (auto& [key, alarm] : open_) {
        if (alarm.state.last + times_.close_after <= at.time) {
            over.push_back(key);
        } else if (alarm.changed && alarm.next_update <= at.time) {
            alarm.changed = false;
            alarm.next_update = at.time + times_.update_every;
            tell(at.time, Report::Action::updated, key, alarm);
        }
    }
    for (const auto& key : over) {
        tell(at.time, Report::Action::closed, key, *open_.find(key), proto::AnomalyReport::OVER);
        open_.erase(key);
    }
}

void Alarms::end(Time now, Ending ending)
{
    for (const auto& [key, alarm] : open_)
        tell(now, Report::Action::closed, key, alarm, ending);
    open_.clear();
}

void Alarms::tell(Time time, Report::Action action, const std::string& key, const Alarm& alarm, Ending ending) const
{
    sink_({time, id_, &definition_, key, {}, alarm.is_local, action, alarm.state, ending});
}

} // namespace peer_observer::detector
