#include "libs/archive/content.h"
#include "libs/archive/reader.h"
#include "libs/archive/search_check.h"
#include "libs/archive/sequence_check.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/output.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;

struct Verdict {
    std::uint64_t events = 0;
    std::uint64_t gaps = 0;
    std::uint64_t missing = 0;
    std::uint64_t unknown_losses = 0; ///< gaps of an unknown number of events
    std::uint64_t clock_jumps = 0;
    std::vector<std::string> problems;
};

class Verifier {
public:
    explicit Verifier(archive::Reader& reader)
        : reader_{reader}, index_is_checked_{reader.index() != nullptr},
          search_{index_is_checked_ ? std::make_unique<archive::SearchCheck>(reader.path(), *reader.index()) : nullptr},
          has_selection_{reader.header() && reader.header()->selection().ByteSizeLong() > 0}
    {}

    void add(const archive::Chunk& chunk)
    {
        switch (chunk.kind) {
        case archive::Chunk::Kind::batches:
            return add_batches(chunk);
        case archive::Chunk::Kind::gap:
            ++verdict_.gaps;
            if (archive::has_unknown_count(chunk.gap))
                ++verdict_.unknown_losses;
            else
                verdict_.missing += chunk.gap.count();
            return check_sequence(chunk.offset, sequences_.next(chunk.gap));
        default:
            index_is_checked_ = false; // its frames are not all there
            after_damage_ = true;
            return problem(chunk.offset, chunk.problem);
        }
    }

    Verdict end()
    {
        if (index_is_checked_ && frames_ != reader_.index()->frames_size())
            problem(reader_.size(), "the index has more frames than the file");
        if (index_is_checked_ && verdict_.gaps != static_cast<std::uint64_t>(reader_.index()->gaps_size()))
            problem(reader_.size(), "gaps in the index differ from gaps in the file");
        return std::move(verdict_);
    }

private:
    static constexpr std::size_t kMaxProblems = 1000;

    void problem(std::uint64_t offset, const std::string& text)
    {
        if (verdict_.problems.size() < kMaxProblems)
            verdict_.problems.push_back(fmt::format("offset {}: {}", offset, text));
    }

    void add_batches(const archive::Chunk& chunk)
    {
        archive::FrameContents contents;
        const auto frame =
            archive::describe_frame(chunk, reader_.header() && reader_.header()->sources_size() == 1, &contents);
        if (search_ && !search_->is_right(chunk.offset, contents))
            problem(chunk.offset, "a search record leaves out something that its frame has");
        if (index_is_checked_ &&
            (frames_ >= reader_.index()->frames_size() ||
             !google::protobuf::util::MessageDifferencer::Equals(frame, reader_.index()->frames(frames_))))
            problem(chunk.offset, "the index says something else about a frame");
        ++frames_;
        verdict_.events += frame.events();
        for (const auto& batch : chunk.batches) {
            check_sequence(chunk.offset, sequences_.next(batch));
            events::for_each_event(batch, [&](const events::EventView& event) {
                if (event.timestamp_ns < last_ns_) ++verdict_.clock_jumps;
                last_ns_ = event.timestamp_ns;
            });
        }
        after_damage_ = false;
    }

    void check_sequence(std::uint64_t offset, const archive::SequenceCheck::Finding& finding)
    {
        if (finding.went_backwards) problem(offset, "sequence numbers go backwards");
        if (finding.hole > 0 && !has_selection_ && !after_damage_)
            problem(offset, fmt::format("{} events are missing from number {} on, without a record", finding.hole,
                                        finding.expected));
    }

    archive::Reader& reader_;
    bool index_is_checked_;
    std::unique_ptr<archive::SearchCheck> search_;
    bool has_selection_;
    bool after_damage_ = false;
    int frames_ = 0;
    std::uint64_t last_ns_ = 0;
    archive::SequenceCheck sequences_;
    Verdict verdict_;
};

void print(const archive::Reader& reader, const Verdict& verdict)
{
    std::string line = fmt::format("{}: {}, {} events", reader.path().native(),
                                   verdict.problems.empty() ? "ok" : "DAMAGED", verdict.events);
    if (verdict.gaps > 0) line += fmt::format(", {} gaps of {} events", verdict.gaps, verdict.missing);
    if (verdict.unknown_losses > 0) line += fmt::format(" and {} unknown losses", verdict.unknown_losses);
    if (verdict.clock_jumps > 0) line += fmt::format(", time goes back {} times", verdict.clock_jumps);
    if (reader.is_open()) line += fmt::format(", open with {} unfinished bytes", reader.unfinished_bytes());
    archive_reader::print("{}\n", line);
    for (const auto& problem : verdict.problems)
        archive_reader::print("  {}\n", problem);
    (void)std::fflush(stdout);
}

} // namespace

void add_verify_options(options_description& options)
{
    options.add_options()("no-gaps", po::bool_switch(), "treat recorded gaps as errors");
}

void verify(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    const bool no_gaps = values["no-gaps"].as<bool>();
    std::uint64_t wrong = 0;
    Progress progress{total_size(files), true};
    for (const auto& file : files) {
        if (has_gone(file)) continue;
        archive::Reader reader{file};
        progress.next_file(reader.size());
        Verifier verifier{reader};
        while (const auto chunk = reader.next()) {
            if (context.stopping()) throw std::runtime_error{"stopped before everything was checked"};
            progress.update(reader.position());
            verifier.add(*chunk);
        }
        const auto verdict = verifier.end();
        progress.hide();
        print(reader, verdict);
        wrong += !verdict.problems.empty() || (no_gaps && verdict.gaps > 0) ? 1 : 0;
    }
    if (wrong > 0)
        throw app::IncompleteError{fmt::format("{} of {} files are not as they should be", wrong, files.size())};
}

} // namespace peer_observer::archive_reader
