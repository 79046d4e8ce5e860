// upload_drain: the node sends a peer again and again what it has sent it before.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/answers.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/latest_things.h"
#include "services/detector/news.h"
#include "services/detector/per_as.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kAnswers, kAsAnswers, kAsShare, kMegabytes, kNodeMegabytes, kNodeShare, kNodeHosts, kWindow };
constexpr std::array kParameters = {
    Parameter{"answers", 50,
              "blocks, headers, filters, transactions and lists sent to one host again within the window",
              "chosen: an honest peer that reconnects, or requests a block in another form, gets few again"},
    Parameter{"as_answers", 500, "the same for one AS; each host counts for at most `answers`",
              "chosen: what ten such hosts do"},
    Parameter{"as_share", 0.5, "share of everything sent again",
              "chosen: four times the largest hoster's share of the reachable nodes"},
    Parameter{"megabytes", 50, "megabytes sent to one host again, whatever the number of answers",
              "chosen: a dozen full blocks; honest peers request a block again only after a timeout"},
    Parameter{"node_megabytes", 20, "megabytes sent again to all hosts together", "chosen: ten blocks of 2026"},
    Parameter{"node_share", 0.5, "share of all such answers that were sent again",
              "chosen: a peer that synchronizes is sent each block once"},
    Parameter{"node_hosts", 3, "hosts to which something was sent again", "chosen: fewer are judged one by one"},
    Parameter{"window_s", 600, "seconds", "chosen: long enough for slow connections to download this much"},
};

class UploadDrain : public Detector {
public:
    UploadDrain(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.sent += [this](const Moment& at, const Peer& peer, const auto& message) { sent(at, peer, message); };
    }

private:
    struct State {
        LatestThings<512> sent;
        LatestThings<512> again; ///< blocks that it was sent twice
        News news;
        Window answers;
        Window bytes;
    };

    void sent(const Moment& at, const Peer& peer, const proto::PeerMessage& message)
    {
        const auto& payload = message.payload();
        auto thing = thing_sent(payload);
        // Core makes its answer to getaddr once a day: the same addresses again.
        if (payload.has_addr() && payload.addr().addresses_size() > kMostRelayed) thing = 1;
        if (payload.has_addrv2() && payload.addrv2().addresses_size() > kMostRelayed) thing = 1;
        if (!thing) return;
        State& state = subjects_[peer];
        all_.add(at.time, time(kWindow), static_cast<double>(message.size()));
        const bool is_again = state.sent.insert(*thing);
        // Of headers, the peer had to ask for them again: the news comes before they do.
        const bool had_news = payload.has_headers() && is_again && state.news.take();
        state.news.sent(payload);
        if (!is_again || had_news) return;
        // It may have pruned the block, and need it again: of small ones, as in tests, there may be many.
        const bool counts = !payload.has_block() || state.again.insert(*thing);
        if (state.bytes.sum(at.time, time(kWindow)) == 0) hosts_.add(at.time, time(kWindow), 1);
        again_.add(at.time, time(kWindow), static_cast<double>(message.size()));
        if (counts) state.answers.add(at.time, time(kWindow), 1);
        state.bytes.add(at.time, time(kWindow), static_cast<double>(message.size()));
        const Figure answers{"answers sent again", state.answers.sum(at.time, time(kWindow)), threshold(kAnswers)};
        const double megabytes = state.bytes.sum(at.time, time(kWindow)) / 1e6;
        alarms().judge(at, Subject::of(peer), {answers, {"megabytes", megabytes}});
        alarms().judge(at, Subject::of(peer),
                       {{"megabytes sent again", megabytes, threshold(kMegabytes)}, {"answers", answers.value}});
        by_as_.judge(alarms(), at, peer, counts ? 1 : 0, answers, time(kWindow), threshold(kAsAnswers),
                     threshold(kAsShare));
        const double again = again_.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of_node(&peer),
                       {{"megabytes sent again", again / 1e6, threshold(kNodeMegabytes)},
                        {"share of all that was sent", again / all_.sum(at.time, time(kWindow)), threshold(kNodeShare)},
                        {"hosts", hosts_.sum(at.time, time(kWindow)), threshold(kNodeHosts)}});
    }

    PerSubject<State> subjects_;
    PerAs by_as_;
    Window all_;   ///< bytes
    Window again_; ///< of these, sent again
    Window hosts_; ///< for each the first time that it was sent something again; a host that continues counts once
};

} // namespace

extern const Definition kUploadDrain = {
    .kind = "upload_drain",
    .text = "lets itself be sent the same again and again",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 75,
    .parameters = kParameters,
    .make = make_detector<UploadDrain>,
};

} // namespace peer_observer::detector
