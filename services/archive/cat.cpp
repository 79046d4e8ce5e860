#include "libs/app/colour.h"
#include "libs/app/option_values.h"
#include "libs/archive/content.h"
#include "libs/archive/reader.h"
#include "libs/print/json.h"
#include "libs/print/text.h"
#include "libs/print_options/print_options.h"
#include "services/archive/inputs.h"
#include "services/archive/output.h"
#include "services/archive/progress.h"
#include "services/archive/verbs.h"

#include <protozero/varint.hpp>

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iterator>
#include <limits>
#include <stdexcept>

namespace peer_observer::archive_tool {
namespace {

namespace po = boost::program_options;
using print_options::Format;

class Cat {
public:
    explicit Cat(const po::variables_map& values)
        : format_{print_options::read_format(values)}, filter_{print_options::read_filter(values)},
          range_{read_range(values)}, nodes_{read_nodes(values)}, colour_{app::wants_colour(STDOUT_FILENO)}
    {
        left_ = print_options::read_count(values);
        if (values.contains("from-sequence")) range_.from_sequence = values["from-sequence"].as<app::Count>().value;
        if (values.contains("to-sequence")) range_.to_sequence = values["to-sequence"].as<app::Count>().value;
    }

    const archive::Range& range() const { return range_; }
    bool has_ended() const { return left_ == 0 || output_.is_closed(); }
    void flush() { output_.flush(); }

    void print(const archive::Chunk& chunk)
    {
        const bool as_it_is = format_ == Format::protobuf && filter_.selects_all() && range_.is_everything() &&
                              nodes_.empty() && left_ == print_options::kUnlimited;
        if (as_it_is) return output_.write(chunk.content);
        for (const auto& batch : chunk.batches)
            if (wants_node(nodes_, batch.node) && !has_ended()) print(batch);
    }

    void print(const proto::ArchiveGap& gap)
    {
        if (format_ == Format::protobuf || !wants_node(nodes_, gap.source().node())) return;
        if (gap.first_sequence() >= range_.to_sequence || gap.first_sequence() + gap.count() <= range_.from_sequence)
            return;
        const print::Missed missed{gap.source().node(), gap.source().publisher_id(), gap.first_sequence(),
                                   archive::has_unknown_count(gap) ? std::nullopt : std::optional{gap.count()},
                                   gap.noticed_ns()};
        line_.clear();
        format_ == Format::json ? print::append_json(missed, line_) : print::append_text(missed, colour_, line_);
        output_.write(line_);
    }

private:
    void print(const bus::Frame& batch)
    {
        // Neighbours that are wanted become one batch again.
        if (format_ == Format::protobuf) {
            archive::select_events(
                batch.batch, [this](const auto& event, auto sequence) { return take(event, sequence); },
                [this](std::string_view run) {
                    line_.clear();
                    protozero::write_varint(std::back_inserter(line_), run.size());
                    output_.write(line_);
                    output_.write(run);
                });
            return;
        }
        print::Origin origin{batch.node, batch.publisher_id, batch.first_sequence};
        archive::for_each_event(batch.batch, [&](const archive::EventView& event) {
            if (take(event, origin.sequence)) {
                line_.clear();
                format_ == Format::json ? print::append_json(origin, event_, line_)
                                        : print::append_text(origin, event_, colour_, line_);
                output_.write(line_);
            }
            ++origin.sequence;
        });
    }

    /// Parses the event where anybody asks for what is in it.
    bool take(const archive::EventView& event, std::uint64_t sequence)
    {
        if (left_ == 0 || !range_.contains(event, sequence)) return false;
        if (format_ != Format::protobuf || !filter_.selects_all()) {
            if (!event_.ParseFromArray(event.bytes.data(), static_cast<int>(event.bytes.size()))) {
                spdlog::warn("event {} is not valid protobuf", sequence);
                return false;
            }
            if (!filter_.selects(event_)) return false;
        }
        if (left_ != print_options::kUnlimited) --left_;
        return true;
    }

    Format format_;
    print::Filter filter_;
    archive::Range range_;
    std::vector<std::string> nodes_;
    bool colour_;
    std::uint64_t left_ = print_options::kUnlimited;
    Output output_;
    proto::Event event_;
    std::string line_;
};

} // namespace

void add_cat_options(options_description& options)
{
    add_range_options(options);
    print_options::add(options);
    auto add = options.add_options();
    add("from-sequence", po::value<app::Count>()->value_name("N"), "print events with this sequence number and later");
    add("to-sequence", po::value<app::Count>()->value_name("N"), "print events before this sequence number");
}

void cat(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    Cat cat{values};
    Progress progress{total_size(files), true};
    std::uint64_t damaged = 0;
    for (const auto& file : files) {
        archive::Reader reader{file, cat.range()};
        progress.next_file(reader.size());
        while (!cat.has_ended() && !context.stopping()) {
            const auto chunk = reader.next();
            if (!chunk) break;
            progress.update(reader.position());
            if (chunk->kind == archive::Chunk::Kind::damage) {
                ++damaged;
                progress.hide();
                spdlog::warn("{}: offset {}: {}", file.native(), chunk->offset, chunk->problem);
            } else if (chunk->kind == archive::Chunk::Kind::gap) {
                cat.print(chunk->gap);
            } else {
                cat.print(*chunk);
            }
        }
    }
    cat.flush();
    if (damaged > 0) throw std::runtime_error{fmt::format("{} places are damaged; the rest was printed", damaged)};
}

} // namespace peer_observer::archive_tool
