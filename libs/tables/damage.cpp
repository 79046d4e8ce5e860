#include "libs/tables/damage.h"

namespace peer_observer::tables {

void DamageLosses::damaged(std::string problem, const std::optional<proto::ArchiveHeader>& header)
{
    problem_ = std::move(problem);
    if (!header) {
        for (const auto& [publisher_id, next] : sequences_.expected())
            waiting_.try_emplace(publisher_id);
        return;
    }
    for (const auto& source : header->sources())
        if (sequences_.expected().contains(source.publisher_id()))
            waiting_[source.publisher_id()] = source.node();
        else // Its next number says nothing about those before.
            emit(source.node(), source.publisher_id(), 0, {});
}

void DamageLosses::next(const proto::ArchiveGap& gap)
{
    next(gap.source().node(), gap.source().publisher_id(), sequences_.next(gap));
}

void DamageLosses::next(std::string_view node, std::uint64_t publisher_id,
                        const archive::SequenceCheck::Finding& finding)
{
    if (waiting_.erase(publisher_id) > 0 && finding.hole > 0) emit(node, publisher_id, finding.expected, finding.hole);
}

void DamageLosses::end_file()
{
    for (const auto& [publisher_id, node] : waiting_) {
        const auto next = sequences_.expected().find(publisher_id);
        if (!node.empty()) emit(node, publisher_id, next == sequences_.expected().end() ? 0 : next->second, {});
    }
    waiting_.clear();
}

void DamageLosses::emit(std::string_view node, std::uint64_t publisher_id, std::uint64_t sequence,
                        std::optional<std::uint64_t> count) const
{
    emit_({.node = node,
           .publisher_id = publisher_id,
           .sequence = sequence,
           .cause = "DAMAGED",
           .count = count,
           .detail = problem_});
}

} // namespace peer_observer::tables
