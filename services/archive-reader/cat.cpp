#include "libs/app/app.h"
#include "libs/app/colour.h"
#include "libs/app/option_values.h"
#include "libs/archive/content.h"
#include "libs/archive/reader.h"
#include "libs/asmap/options.h"
#include "libs/print/batch_printer.h"
#include "services/archive-reader/ahead_reader.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/output.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <optional>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;
using print::BatchPrinter;

class Cat {
public:
    Cat(const po::variables_map& values, const std::vector<std::filesystem::path>& files)
        : Cat{values, files, asmap::read(values)}
    {}

    Cat(const po::variables_map& values, const std::vector<std::filesystem::path>& files,
        const std::shared_ptr<const asmap::AutonomousSystems>& systems)
        : Cat{values, files, print::read_selection(values, systems), systems}
    {}

    Cat(const po::variables_map& values, const std::vector<std::filesystem::path>& files,
        const events::Selection& selection, const std::shared_ptr<const asmap::AutonomousSystems>& systems)
        : printer_{print::read_format(values), selection, app::wants_colour(STDOUT_FILENO), bad_events_, systems},
          range_{read_range(values)}, filter_{read_filter(values, selection)}, nodes_{read_nodes(values, files)}
    {
        left_ = print::read_count(values);
    }

    const archive::Range& range() const { return range_; }
    archive::FrameFilter* filter() { return filter_.get(); }
    bool has_ended() const { return left_ == 0 || output_.is_closed(); }
    void flush() { output_.flush(); }

    void print(const archive::Chunk& chunk)
    {
        if (printer_.copies_batches() && range_.is_everything() && nodes_.empty() && left_ == print::kUnlimited)
            return output_.write(chunk.content);
        BatchPrinter::Peek peek;
        if (!range_.is_everything()) peek = [this](const auto& event) { return range_.contains(event); };
        for (const auto& batch : chunk.batches) {
            if (!wants_node(nodes_, batch.node) || has_ended()) continue;
            text_.clear();
            const auto printed = printer_.append(batch, left_, text_, peek);
            if (left_ != print::kUnlimited) left_ -= printed;
            output_.write(text_);
        }
    }

    void print(const proto::ArchiveGap& gap)
    {
        if (!wants_node(nodes_, gap.source().node())) return;
        if (gap.first_sequence() >= range_.to_sequence || archive::end_sequence(gap) <= range_.from_sequence) return;
        const auto count = archive::has_unknown_count(gap) ? std::nullopt : std::optional{gap.count()};
        text_.clear();
        printer_.append_missed(
            {gap.source().node(), gap.source().publisher_id(), gap.first_sequence(), count, gap.noticed_ns()}, text_);
        output_.write(text_);
    }

private:
    app::BadEvents bad_events_;
    BatchPrinter printer_;
    archive::Range range_;
    std::unique_ptr<archive::FrameFilter> filter_;
    std::vector<std::string> nodes_;
    std::uint64_t left_ = print::kUnlimited;
    Output output_;
    std::string text_;
};

} // namespace

void add_cat_options(options_description& options)
{
    add_range_options(options);
    print::add_options(options);
    add_sequence_options(options);
    add_search_option(options);
}

void cat(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    Cat cat{values, files};
    Progress progress{total_size(files), true};
    AheadReader reader{files, cat.range(), cat.filter()};
    std::uint64_t damaged = 0;
    std::optional<std::size_t> file;
    while (!cat.has_ended() && !context.stopping()) {
        const auto* const piece = reader.next();
        if (piece == nullptr) break;
        if (file != piece->file) progress.next_file(piece->file_bytes);
        file = piece->file;
        progress.update(piece->position);
        const auto& chunk = piece->chunk;
        if (chunk.kind == archive::Chunk::Kind::damage) {
            ++damaged;
            progress.hide();
            spdlog::warn("{}: offset {}: {}", files[*file].native(), chunk.offset, chunk.problem);
        } else if (chunk.kind == archive::Chunk::Kind::gap) {
            cat.print(chunk.gap);
        } else if (chunk.kind == archive::Chunk::Kind::batches) {
            cat.print(chunk);
        }
    }
    cat.flush();
    if (damaged > 0) throw app::IncompleteError{fmt::format("{} places are damaged; the rest was printed", damaged)};
}

} // namespace peer_observer::archive_reader
