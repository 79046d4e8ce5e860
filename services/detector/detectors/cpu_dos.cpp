// cpu_dos: a peer's messages keep the node's message thread busy.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kBusy, kSlow, kTimes, kWindow };
constexpr std::array kParameters = {
    Parameter{"busy_s", 20, "seconds of processing for one peer within the window",
              "chosen: a third of the one thread that processes all messages"},
    Parameter{
        "slow_s", 0.1,
        "seconds from which on a transaction that the node accepts counts; five times as many where no other peer "
        "has sent some",
        "chosen: what 1,000 inputs with a signature each take, nearly all that relay allows "
        "(MAX_STANDARD_TX_WEIGHT, policy.h)"},
    Parameter{"times", 20, "ratio of that to the median of accepted transactions of other peers, where there are some",
              "chosen: on a slow machine, or one that waits for locks, all transactions take long"},
    Parameter{"window_s", 60, "seconds", "chosen: no single slow message takes a third of it"},
};

/// Where nothing is known of other peers' transactions. Under Core's feature_fee_estimation.py on a busy machine, one
/// in two took 0.1 s and none 0.5.
constexpr double kAlone = 5;

/// Validating a block takes its time, whoever sends it; to make one takes proof of work.
bool brings_block(std::string_view message_type)
{
    return message_type == "block" || message_type == "cmpctblock" || message_type == "blocktxn";
}

/// What it takes the node to accept a transaction, as measured lately. It includes waits for locks.
class UsualTime {
public:
    void add(std::int64_t peer_id, double seconds)
    {
        if (latest_.size() < kMost)
            latest_.emplace_back(peer_id, seconds);
        else
            latest_[next_++ % kMost] = {peer_id, seconds};
    }
    /// The median of those that other peers sent, if there are enough.
    std::optional<double> of_others(std::int64_t peer_id) const
    {
        std::vector<double> others;
        for (const auto& [id, seconds] : latest_)
            if (id != peer_id) others.push_back(seconds);
        if (others.size() < kFewest) return std::nullopt;
        const auto middle = others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2);
        std::ranges::nth_element(others, middle);
        return *middle;
    }

private:
    static constexpr std::size_t kMost = 256;
    static constexpr std::size_t kFewest = 5;

    std::vector<std::pair<std::int64_t, double>> latest_;
    std::size_t next_ = 0;
};

class CpuDos : public Detector {
public:
    CpuDos(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, busy_{hooks}, outcomes_{hooks}
    {
        hooks.received += [this](const Moment&, const Peer& peer, const auto&) { outcomes_.erase(peer); };
        hooks.accepted += [this](const Moment&, const Peer& peer, const auto&) { outcomes_[peer] = Outcome::accepted; };
        hooks.rejected += [this](const Moment&, const Peer& peer, const auto&) { outcomes_[peer] = Outcome::refused; };
        hooks.orphan_added +=
            [this](const Moment&, const Peer& peer, const auto&) { outcomes_[peer] = Outcome::refused; };
        hooks.processed +=
            [this](const Moment& at, const Peer& peer, const auto& message) { processed(at, peer, message); };
    }

private:
    enum class Outcome : std::uint8_t { accepted, refused };

    void processed(const Moment& at, const Peer& peer, const proto::ProcessedMessage& message)
    {
        if (brings_block(message.message_type())) return;
        const double seconds = static_cast<double>(message.duration_ns()) / static_cast<double>(kSecond);
        if (message.message_type() == "tx" && !is_costly(peer, seconds)) return;
        Window& window = busy_[peer];
        window.add(at.time, time(kWindow), seconds);
        alarms().judge(at, Subject::of(peer),
                       {{"seconds of processing", window.sum(at.time, time(kWindow)), threshold(kBusy)}});
    }

    /// What a transaction has kept the node busy with is not always the peer's doing. One that the node accepts is work
    /// for which it is paid, unless it is far more than usual. One that it has already costs nothing but waits for
    /// locks, which the figure includes.
    bool is_costly(const Peer& peer, double seconds)
    {
        const Outcome* outcome = outcomes_.find(peer);
        if (outcome == nullptr) return false;
        if (*outcome == Outcome::refused) return true;
        usual_.add(peer.id, seconds);
        const auto usual = usual_.of_others(peer.id);
        return usual ? seconds >= std::max(threshold(kSlow), threshold(kTimes) * *usual)
                     : seconds >= kAlone * threshold(kSlow);
    }

    PerPeer<Window> busy_;
    PerPeer<Outcome> outcomes_; ///< of the transaction that the peer's latest message brought
    UsualTime usual_;
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
