// inbound_drop: the node has lost most of its inbound connections within minutes, or nearly all of one AS.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kShare, kLeast, kAsShare, kAsLeast, kWindow, kLasts };
constexpr std::array kParameters = {
    Parameter{"share", 0.5, "share of the inbound connections lost since the maximum within the window",
              "chosen: honest peers leave one by one"},
    Parameter{"least", 20, "inbound connections that the node must have had", "chosen: a few may leave by chance"},
    Parameter{"as_share", 0.9,
              "share of the inbound connections of one AS that were lost while the node kept most of its connections",
              "chosen: nearly all; the failure of a cable or data centre affects only a part"},
    Parameter{
        "as_least", 20, "inbound connections that the AS must have had",
        "chosen: the largest hoster has 14 of 114, an eighth, as of the reachable nodes (bitcoin/bitcoin#16599, 2024)"},
    Parameter{"window_s", 600, "seconds", "chosen: few peers leave in that time by themselves"},
    Parameter{"lasts_s", 60, "seconds for which the drop has to last",
              "a node that shuts down closes all connections, and then sends no more events"},
};

/// How many there are, and how many there were at most within the last while.
class Level {
public:
    /// At `now` there are so many.
    void changed(const Moment& at, double connections)
    {
        // What it was until now was so until now.
        if (current_) push(at.time, *current_);
        push(at.time, connections);
        current_ = connections;
        latest_ = at;
    }

    std::optional<double> current() const { return current_; }
    /// When it changed last.
    const Moment& latest() const { return latest_; }

    /// There must be a current one.
    double most(Time now, Time window)
    {
        while (maxima_.size() > 1 && maxima_.front().first + window < now)
            maxima_.pop_front();
        return maxima_.front().second;
    }

    std::optional<Time> low_since;

private:
    void push(Time now, double connections)
    {
        while (!maxima_.empty() && maxima_.back().second <= connections)
            maxima_.pop_back();
        maxima_.emplace_back(now, connections);
    }

    std::optional<double> current_;
    std::deque<std::pair<Time, double>> maxima_; ///< sinking: each is the highest number from its time on
    Moment latest_;
};

class InboundDrop : public Detector {
public:
    InboundDrop(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        // Core tells how many there are; so the number is right from the first one on.
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto& opened) {
            if (!peer.inbound) return;
            node_.changed(at, static_cast<double>(opened.connection_count()));
            if (peer.as.empty() || !as_of_.try_emplace(peer.id, peer.as).second) return;
            Level& level = systems_[peer.as];
            level.changed(at, level.current().value_or(0) + 1);
        };
        hooks.closed += [this](const Moment& at, const Peer& peer) {
            if (peer.inbound && node_.current().value_or(0) > 0) node_.changed(at, *node_.current() - 1);
        };
        hooks.forgotten += [this](const Moment& at, const Peer& peer) {
            const auto as = as_of_.find(peer.id);
            if (as == as_of_.end()) return;
            if (Level* level = systems_.find(as->second)) level->changed(at, std::max(*level->current() - 1, 0.0));
            as_of_.erase(as);
        };
        hooks.gap += [this](const Moment&) {
            node_ = {};
            systems_.clear();
            as_of_.clear();
        };
        hooks.tick += [this](const Moment& at) {
            if (!node_.current()) return;
            const bool is_low = look(at, Subject::of_node(), node_, kLeast, kShare);
            for (auto& [as, level] : systems_) {
                if (is_low) { // it is not about this AS
                    level.low_since.reset();
                } else {
                    look(at, Subject::of_group(as, nullptr), level, kAsLeast, kAsShare);
                }
            }
        };
    }

private:
    static constexpr std::size_t kMostSystems = 1024;

    /// Whether so many are lost.
    bool look(const Moment& at, const Subject& subject, Level& level, std::size_t least, std::size_t share)
    {
        const double most = level.most(at.time, time(kWindow));
        const double now = *level.current();
        const double lost = most > 0 ? (most - now) / most : 0;
        const Figure lost_share{"share of inbound connections lost", lost, threshold(share)};
        const Figure before{"before", most, threshold(least)};
        const bool is_low = most >= threshold(least) && lost >= threshold(share);
        if (!is_low) {
            level.low_since.reset();
            alarms().judge(at, subject, {lost_share, before, {"now", now}}, 0, &level.latest());
            return false;
        }
        if (!level.low_since) level.low_since = at.time;
        const double lasts_s = static_cast<double>(at.time - *level.low_since) / kSecond;
        alarms().judge(at, subject,
                       {lost_share, before, {"now", now}, {"seconds for which it lasts", lasts_s, threshold(kLasts)}},
                       *level.low_since, &level.latest());
        return true;
    }

    Level node_;
    base::LruMap<std::string, Level> systems_{kMostSystems};
    std::unordered_map<std::int64_t, std::string> as_of_; ///< of the inbound peers whose opening was seen
};

} // namespace

extern const Definition kInboundDrop = {
    .kind = "inbound_drop",
    .text = "has lost most of its inbound connections",
    .severity = proto::AnomalyReport::CRITICAL,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<InboundDrop>,
};

} // namespace peer_observer::detector
