#include "services/archiver/journal.h"

#include "libs/archive/compressor.h"

#include <string>

namespace peer_observer::archiver {

std::error_code Journal::append(std::span<const proto::ArchiveGap> gaps, const proto::ArchiveFrame& info,
                                std::string_view content)
{
    archive::Compressor compressor{archive::kMinLevel};
    const auto error = file_.append(gaps, info, compressor.compress(std::string{content}).get());
    if (error) return error;
    events_ += info.events();
    end_sequence_ = info.end_sequence();
    return {};
}

} // namespace peer_observer::archiver
