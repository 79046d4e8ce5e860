#include "services/detector/log_reasons.h"

#include "libs/base/utf8.h"
#include "services/detector/inventory.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

namespace peer_observer::detector {
namespace {

using proto::Log;

constexpr std::size_t kMostReasonBytes = 64; // the longest reason of Core has 40

std::string words(std::string_view text) { return base::to_utf8(std::string{text.substr(0, kMostReasonBytes)}); }

LogReason of_download(const Moment& at, const proto::LogDownloadTrouble& trouble, std::string_view what)
{
    return {at, short_hash(trouble.hash()), trouble.peer_id(), std::string{what}};
}

/// `text` is empty where the event tells no reason.
LogReason reason_of(const Moment& at, const Log& log, std::string& mutated)
{
    switch (log.event_case()) {
    case Log::kBlockChecked:
        return {at, short_hash(log.block_checked().hash()), {}, words(log.block_checked().reject_reason())};
    case Log::kBlockInvalid:
        return {at, short_hash(log.block_invalid().hash()), {}, words(log.block_invalid().reject_reason())};
    case Log::kHeaderInvalid:
        return {at, short_hash(log.header_invalid().hash()), {}, words(log.header_invalid().reject_reason())};
    case Log::kBlockMutated:
        mutated = words(log.block_mutated().reject_reason());
        return {};
    case Log::kMutatedBlockReceived:
        if (!log.mutated_block_received().has_peer_id()) return {};
        return {at, 0, log.mutated_block_received().peer_id(), std::exchange(mutated, {})};
    case Log::kBlockDownloadStalled:
        return of_download(at, log.block_download_stalled(), "stalls block download");
    case Log::kBlockDownloadTimeout:
        return of_download(at, log.block_download_timeout(), "timeout of block download");
    default:
        return {};
    }
}

} // namespace

bool LogReasons::is_looked_at(std::uint32_t arm)
{
    switch (arm) {
    case Log::kBlockChecked:
    case Log::kBlockInvalid:
    case Log::kHeaderInvalid:
    case Log::kBlockMutated:
    case Log::kMutatedBlockReceived:
    case Log::kBlockDownloadStalled:
    case Log::kBlockDownloadTimeout:
        return true;
    default:
        return false;
    }
}

void LogReasons::add(const std::string& node, const Moment& at, const Log& log)
{
    Node& known = nodes_[node];
    LogReason reason = reason_of(at, log, known.mutated);
    if (reason.text.empty()) return;
    if (known.reasons.size() == kMostOfNode) known.reasons.pop_front();
    known.reasons.push_back(std::move(reason));
}

std::vector<LogReason> LogReasons::find(const std::string& node, const Query& query)
{
    std::vector<LogReason> found;
    const Node* known = nodes_.find(node);
    if (known == nullptr) return found;
    std::ranges::copy_if(known->reasons, std::back_inserter(found), [&](const LogReason& reason) {
        if (reason.at.time > query.to) return false;
        // A peer's id is given again when the node starts again: of a time before, it is another peer's.
        if (reason.peer_id && reason.at.time >= query.from &&
            std::ranges::find(query.peers, *reason.peer_id) != query.peers.end())
            return true;
        return reason.block != 0 && reason.at.time + kBefore >= query.from &&
               std::ranges::binary_search(query.blocks, reason.block);
    });
    std::ranges::sort(found, {}, [](const LogReason& reason) {
        return std::tuple{reason.at.time, reason.at.publisher_id, reason.at.sequence};
    });
    return found;
}

void LoggedReasons::add(const std::vector<LogReason>& reasons)
{
    for (const LogReason& reason : reasons) {
        if (lines_.size() == kMostLines || !lines_.emplace(reason.at.publisher_id, reason.at.sequence).second) continue;
        if (evidence_.size() < kMostEvidence) evidence_.push_back(reason.at);
        const auto known = std::ranges::find(counts_, reason.text, &std::pair<std::string, std::uint64_t>::first);
        if (known != counts_.end())
            ++known->second;
        else if (counts_.size() < kMostReasons)
            counts_.emplace_back(reason.text, 1);
    }
}

} // namespace peer_observer::detector
