// cpu_dos: a peer's messages keep the node's message thread busy.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kBusy, kWindow };
constexpr std::array kParameters = {
    Parameter{"busy_s", 20, "seconds of processing for one peer within the window",
              "chosen: a third of the one thread that processes all messages"},
    Parameter{"window_s", 60, "seconds", "chosen: no single slow message takes a third of it"},
};

/// Validating a block takes its time, whoever sends it; to make one takes proof of work.
bool brings_block(std::string_view message_type)
{
    return message_type == "block" || message_type == "cmpctblock" || message_type == "blocktxn";
}

/// What a peer's message has kept the node busy with is not always the peer's doing. A transaction that the node
/// accepts is work for which it is paid, and which any other peer would have given to it. One that it has already costs
/// nothing but waits, which the figure includes.
bool is_of_use(std::string_view message_type, bool was_refused)
{
    return brings_block(message_type) || (message_type == "tx" && !was_refused);
}

class CpuDos : public Detector {
public:
    CpuDos(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, busy_{hooks}
    {
        hooks.received += [this](const Moment&, const Peer& peer, const auto&) { refused_.erase(peer.id); };
        hooks.rejected += [this](const Moment&, const Peer& peer, const auto&) { refused_.insert(peer.id); };
        hooks.orphan_added += [this](const Moment&, const Peer& peer, const auto&) { refused_.insert(peer.id); };
        hooks.forgotten += [this](const Moment&, const Peer& peer) { refused_.erase(peer.id); };
        hooks.processed += [this](const Moment& at, const Peer& peer, const auto& processed) {
            if (is_of_use(processed.message_type(), refused_.contains(peer.id))) return;
            Window& window = busy_[peer];
            window.add(at.time, time(kWindow),
                       static_cast<double>(processed.duration_ns()) / static_cast<double>(kSecond));
            this->alarms().judge(at, Subject::of(peer),
                                 {{"seconds of processing", window.sum(at.time, time(kWindow)), threshold(kBusy)}});
        };
    }

private:
    PerPeer<Window> busy_;
    std::unordered_set<std::int64_t> refused_; ///< peers whose latest message brought a transaction that was refused
};

} // namespace

extern const Definition kCpuDos = {
    .kind = "cpu_dos",
    .text = "keeps the node's message thread busy",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<CpuDos>,
};

} // namespace peer_observer::detector
