#include "libs/archive/search_check.h"

#include "libs/archive/scanner.h"

#include <algorithm>

namespace peer_observer::archive {

SearchCheck::SearchCheck(const std::filesystem::path& path, const proto::ArchiveIndex& index)
    : file_{path}, index_{index}
{
    for (int i = 0; i < index.searches_size(); ++i)
        if (const auto record = read_search(file_, index.searches(i)))
            (void)for_each_frame(*record, [&](const ContentsView& said) { records_.emplace(said.offset, i); });
}

bool SearchCheck::covers_all() const
{
    return std::ranges::all_of(index_.frames(), [&](const auto& frame) { return records_.contains(frame.offset()); });
}

bool SearchCheck::is_right(std::uint64_t offset, const FrameContents& found)
{
    const auto place = records_.find(offset);
    if (place == records_.end()) return true;
    if (loaded_ != place->second) {
        record_ = std::string{read_search(file_, index_.searches(place->second)).value_or("")};
        loaded_ = place->second;
    }
    bool is_right = true;
    (void)for_each_frame(record_, [&](const ContentsView& said) {
        if (said.offset == offset) is_right = is_right && found.is_covered_by(said);
    });
    return is_right;
}

} // namespace peer_observer::archive
