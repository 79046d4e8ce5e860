// inbound_drop: the node has lost most of its inbound connections within minutes.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kShare, kLeast, kWindow, kLasts };
constexpr std::array kParameters = {
    Parameter{"share", 0.5, "of the inbound connections, lost since the maximum within the window",
              "chosen: by themselves, peers leave one at a time"},
    Parameter{"least", 20, "inbound connections that it must have had", "chosen: a few may go by chance"},
    Parameter{"window_s", 600, "seconds", "chosen: within it, few peers leave by themselves"},
    Parameter{"lasts_s", 60, "seconds for which it has to last",
              "a node that shuts down closes all connections and then says no more"},
};

class InboundDrop : public Detector {
public:
    InboundDrop(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        // Core tells how many there are; so the number is right from the first one on.
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto& opened) {
            if (peer.inbound) changed(at, static_cast<double>(opened.connection_count()));
        };
        hooks.closed += [this](const Moment& at, const Peer& peer) {
            if (peer.inbound && current_ && *current_ > 0) changed(at, *current_ - 1);
        };
        hooks.gap += [this](const Moment&) {
            current_.reset();
            maxima_.clear();
            low_since_.reset();
        };
        hooks.tick += [this](const Moment& at) { look(at); };
    }

private:
    /// Sinking maxima: each is the highest number from its time on.
    void changed(const Moment& at, double connections)
    {
        // What it was until now was so until now.
        if (current_) push(at.time, *current_);
        push(at.time, connections);
        current_ = connections;
        latest_ = at;
    }

    void push(Time now, double connections)
    {
        while (!maxima_.empty() && maxima_.back().second <= connections)
            maxima_.pop_back();
        maxima_.emplace_back(now, connections);
    }

    void look(const Moment& at)
    {
        if (!current_) return;
        while (maxima_.size() > 1 && maxima_.front().first + time(kWindow) < at.time)
            maxima_.pop_front();
        const double most = maxima_.front().second;
        const double lost = most > 0 ? (most - *current_) / most : 0;
        if (most < threshold(kLeast) || lost < threshold(kShare)) {
            low_since_.reset();
            alarms().judge(at, Subject::of_node(), {lost_share(lost), before(most), {"now", *current_}}, 0, &latest_);
            return;
        }
        if (!low_since_) low_since_ = at.time;
        const double lasts_s = static_cast<double>(at.time - *low_since_) / kSecond;
        alarms().judge(at, Subject::of_node(),
                       {lost_share(lost),
                        before(most),
                        {"now", *current_},
                        {"seconds for which it lasts", lasts_s, threshold(kLasts)}},
                       *low_since_, &latest_);
    }

    Figure lost_share(double lost) const { return {"share of inbound connections lost", lost, threshold(kShare)}; }
    Figure before(double most) const { return {"before", most, threshold(kLeast)}; }

    std::optional<double> current_;
    std::deque<std::pair<Time, double>> maxima_;
    std::optional<Time> low_since_;
    Moment latest_;
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
