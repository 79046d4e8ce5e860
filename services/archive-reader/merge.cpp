#include "libs/app/option_values.h"
#include "libs/archive/compressor.h"
#include "libs/archive/content.h"
#include "libs/archive/file_name.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/tracks.h"
#include "libs/base/clock.h"
#include "services/archive-reader/inputs.h"
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
    Merge(archive::FileWriter& writer, int level, bool has_one_source, std::vector<std::string> nodes,
          const archive::Range& range)
        : writer_{writer}, compressor_{level}, frame_bytes_{archive::good_frame_bytes(level)},
          has_one_source_{has_one_source}, nodes_{std::move(nodes)}, range_{range}
    {}

    void add(const proto::ArchiveGap& gap)
    {
        if (!wants_node(nodes_, gap.source().node())) return;
        write_frame();
        gaps_.push_back(gap);
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
            [&](const auto& run) { content_.add(run); });
        if (content_.bytes.size() >= frame_bytes_) write_frame();
        if (item.taken + take < end) {
            track.pop_events(take, next_time);
        } else {
            track.pop();
        }
    }

    void write_frame()
    {
        if (content_.bytes.empty() && gaps_.empty()) return;
        auto content = std::exchange(content_, {});
        if (!has_one_source_) { // numbers say nothing about the frame
            content.frame.clear_first_sequence();
            content.frame.clear_end_sequence();
        }
        const auto frame = content.bytes.empty() ? std::string{} : compressor_.compress(std::move(content.bytes)).get();
        if (const auto error = writer_.append(gaps_, content.frame, frame))
            throw std::system_error{error, "cannot write " + writer_.path().native()};
        if (writer_.full()) throw std::runtime_error{"too much for one file; merge shorter times with --from and --to"};
        gaps_.clear();
        events_ += content.frame.events();
    }

    std::uint64_t events() const { return events_; }

private:
    archive::FileWriter& writer_;
    archive::Compressor compressor_;
    std::size_t frame_bytes_;
    bool has_one_source_;
    std::vector<std::string> nodes_;
    archive::Range range_;
    archive::Content content_;
    std::vector<proto::ArchiveGap> gaps_;
    std::uint64_t events_ = 0;
};

} // namespace

void add_merge_options(options_description& options)
{
    add_range_options(options);
    auto add = options.add_options();
    add("output", po::value<std::string>()->value_name("FILE"),
        "file to write. It must not exist, and its name must end in .poa.zst");
    add("level", po::value<app::Count>()->default_value(app::Count{3}), "compression level, 1 to 19");
}

void merge(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    const auto range = read_range(values);
    const auto level = values["level"].as<app::Count>().value;
    if (level < archive::kMinLevel || level > archive::kMaxLevel) throw app::UsageError{"--level: give 1 to 19"};
    const std::filesystem::path output = values.contains("output") ? values["output"].as<std::string>() : "";
    if (!output.native().ends_with(archive::kExtension))
        throw app::UsageError{"--output is needed, and a name that ends in .poa.zst"};
    std::error_code ignored;
    if (std::filesystem::exists(output, ignored)) throw std::runtime_error{output.native() + " exists"};

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
    archive::FileWriter writer{output, header};
    const auto abandon = [&](const std::string& why) {
        std::filesystem::remove(output.native() + archive::kOpenExtension, ignored);
        throw std::runtime_error{why};
    };
    Merge merge{writer, static_cast<int>(level), header.sources_size() == 1, read_nodes(values, files), range};
    try {
        while (auto* const track = tracks.front()) {
            if (context.stopping()) abandon("stopped; nothing was written");
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
        merge.write_frame();
        if (const auto error = writer.close()) throw std::system_error{error, "cannot write " + output.native()};
    } catch (const std::system_error& error) {
        abandon(error.what());
    }
    progress.hide();
    spdlog::info("{} events from {} files written to {}", merge.events(), files.size(), output.native());
    if (damaged > 0) throw app::IncompleteError{fmt::format("{} places are damaged and were left out", damaged)};
}

} // namespace peer_observer::archive_reader
