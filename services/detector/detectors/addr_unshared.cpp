// addr_unshared: a peer answers the node's getaddr with addresses of which the answers of others have none.
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUnshared, kTimes, kUsual, kOthers };
constexpr std::array kParameters = {
    Parameter{"unshared", 100, "IPv4 addresses of one answer to getaddr that no other answer has",
              "chosen: a tenth of what an answer may have (MAX_ADDR_TO_SEND, net_processing.cpp)"},
    Parameter{"times", 5, "ratio of the shared part of the other answers (median) to that of this answer",
              "chosen: not by chance with 100 addresses"},
    Parameter{"usual", 0.02, "part of the other answers that has to be shared (median)",
              "chosen: of 65,000 addresses, 1,000 of one answer and 3,000 of others have 46 in common"},
    Parameter{"others", 3, "answers from other networks", "chosen: a median of fewer is a single answer"},
};

constexpr std::size_t kMostAnswers = 12; // Core has eleven outbound connections at most that it asks (net.h)
constexpr std::size_t kMostAddresses = 1'000;

class AddrUnshared : public Detector {
public:
    AddrUnshared(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, answers_{hooks}
    {
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            if (answers_.take(peer, addresses) && peer.has_own_host()) answered(at, peer, addresses);
        });
    }

private:
    struct Answer {
        Peer peer;
        std::vector<std::uint64_t> addresses; ///< hashes, in order
    };

    void answered(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        Answer answer{peer, {}};
        for (const auto& address : addresses.addresses()) // what one knows of other networks depends on its own
            if (address.network() == proto::Address::IPV4 && !address.has_ignored() &&
                answer.addresses.size() < kMostAddresses)
                answer.addresses.push_back(std::hash<std::string_view>{}(address.address()));
        std::ranges::sort(answer.addresses);
        const auto repeated = std::ranges::unique(answer.addresses);
        answer.addresses.erase(repeated.begin(), repeated.end());
        if (static_cast<double>(answer.addresses.size()) < threshold(kUnshared)) return;
        std::erase_if(latest_, [&](const Answer& other) { return other.peer.netgroup == peer.netgroup; });
        latest_.push_back(std::move(answer));
        if (latest_.size() > kMostAnswers) latest_.pop_front();
        judge(at);
    }

    /// All of them: each answer tells something of those before.
    void judge(const Moment& at)
    {
        std::vector<double> shared;
        for (const Answer& answer : latest_)
            shared.push_back(static_cast<double>(std::ranges::count_if(answer.addresses, [&](std::uint64_t address) {
                return std::ranges::any_of(latest_, [&](const Answer& other) {
                    return &other != &answer && std::ranges::binary_search(other.addresses, address);
                });
            })));
        for (std::size_t i = 0; i < latest_.size(); ++i) {
            std::vector<double> others;
            for (std::size_t j = 0; j < latest_.size(); ++j)
                if (j != i) others.push_back(shared[j] / static_cast<double>(latest_[j].addresses.size()));
            if (others.empty()) return;
            std::ranges::sort(others);
            const double usual = others[others.size() / 2];
            const auto size = static_cast<double>(latest_[i].addresses.size());
            alarms().judge(
                at, Subject::of(latest_[i].peer),
                {{"addresses that no other answer has", size - shared[i], threshold(kUnshared)},
                 {"times as much is shared by others", usual / (std::max(shared[i], 1.0) / size), threshold(kTimes)},
                 {"usual share", usual, threshold(kUsual)},
                 {"other answers", static_cast<double>(others.size()), threshold(kOthers)}});
        }
    }

    GetaddrAnswers answers_;
    std::deque<Answer> latest_; ///< of different networks
};

} // namespace

extern const Definition kAddrUnshared = {
    .kind = "addr_unshared",
    .text = "answers getaddr with addresses that nobody else has",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 65,
    .parameters = kParameters,
    .make = make_detector<AddrUnshared>,
};

} // namespace peer_observer::detector
