#include "libs/archive/file_name.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/tracks.h"
#include "libs/base/clock.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/new_archive.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <system_error>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;

class Merge {
public:
    Merge(NewArchive& archive, std::vector<std::string> nodes, const archive::Range& range)
        : archive_{archive}, nodes_{std::move(nodes)}, range_{range}
    {}

    void add(const proto::ArchiveGap& gap)
    {
        if (wants_node(nodes_, gap.source().node())) archive_.add(gap);
    }

    /// Takes from the track's batch what happened up to `until_ns`, and at least one event.
    void add(archive::Track& track, const archive::Track::Item& item, std::uint64_t until_ns)
    {
        const auto end = std::uint64_t{item.batch->event_count};
        std::uint64_t index = 0;
        std::uint64_t take = 0;
        std::uint64_t next_time = 0;
        bool is_more = false;
        events::for_each_event(*item.batch, [&](const events::EventView& event) {
            if (index++ < item.taken || is_more) return;
            is_more = take > 0 && event.timestamp_ns > until_ns;
            if (is_more) {
                next_time = event.timestamp_ns;
            } else {
                ++take;
            }
        });
        const std::uint64_t first = item.batch->first_sequence + item.taken;
        const bool is_wanted = wants_node(nodes_, item.batch->node);
        events::select(
            *item.batch,
            [&](const auto& event) {
                return is_wanted && event.sequence >= first && event.sequence - first < take && range_.contains(event);
            },
            [&](const auto& run) { archive_.add(run); });
        if (item.taken + take < end) {
            track.pop_events(take, next_time);
        } else {
            track.pop();
        }
    }

private:
    NewArchive& archive_;
    std::vector<std::string> nodes_;
    archive::Range range_;
};

} // namespace

void add_merge_options(options_description& options)
{
    add_range_options(options);
    add_new_archive_options(options);
}

void merge(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    const auto range = read_range(values);
    const auto output = read_new_archive_options(values);

    std::uint64_t damaged = 0;
    Progress progress{total_size(files), false};
    archive::Tracks tracks{files, range, [&](const auto& file, const auto& chunk) {
                               ++damaged;
                               progress.hide();
                               spdlog::warn("{}: offset {}: {}", file.native(), chunk.offset, chunk.problem);
                           }};
    auto header = archive::make_header("peer-observer-archive " PEER_OBSERVER_VERSION, base::unix_ns());
    for (const auto& source : tracks.sources())
        *header.add_sources() = source;
    *header.mutable_selection() = tracks.selection();
    if (range.from_ns > 0) header.mutable_selection()->set_from_ns(range.from_ns);
    if (range.to_ns < archive::Range::kEnd) header.mutable_selection()->set_to_ns(range.to_ns);
    NewArchive target{output, header, "merge shorter times with --from and --to"};
    Merge merge{target, read_nodes(values, files), range};
    try {
        while (auto* const track = tracks.front()) {
            if (context.stopping()) target.abandon("stopped; nothing was written");
            const auto item = track->front();
            if (item.gap != nullptr) {
                merge.add(item.gap->gap);
                track->pop();
            } else {
                merge.add(*track, item, tracks.second_time_ns());
            }
            tracks.advanced();
            progress.update(tracks.bytes_done());
        }
        target.finish();
    } catch (const std::system_error& error) {
        target.abandon(error.what());
    }
    progress.hide();
    spdlog::info("{} events from {} files written to {}", target.events(), files.size(), target.path().native());
    if (damaged > 0) throw app::IncompleteError{fmt::format("{} places are damaged and were left out", damaged)};
}

} // namespace peer_observer::archive_reader
