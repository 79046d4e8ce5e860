#include "libs/archive/recovery.h"

#include "libs/archive/file_name.h"
#include "libs/archive/file_writer.h"
#include "libs/archive/reader.h"
#include "libs/archive/scanner.h"
#include "libs/archive/sequence_check.h"

#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <system_error>

namespace peer_observer::archive {
namespace {

// A crash leaves two files or three.
constexpr std::size_t kMostLookedAt = 16;

void report(const Progress& progress, std::uint64_t done, std::uint64_t total)
{
    if (progress) progress(done, total);
}

std::string describe_damage(const Chunk& chunk)
{
    return fmt::format("offset {}: {} ({} bytes damaged)", chunk.offset, chunk.problem, chunk.size);
}

/// Of a file whose scanner is at its start.
std::optional<Index> find_index(InputFile& file, Scanner& scanner)
{
    const auto first = scanner.next();
    scanner.seek(0);
    const bool has_header = first && first->kind == Chunk::Kind::header;
    auto index = read_index(file, has_header ? first->size : 0);
    return index ? std::move(*index) : std::nullopt;
}

/// The header, or one made from the batches where it is damaged. The scanner is at the file's start then.
proto::ArchiveHeader find_header(Scanner& scanner, std::uint64_t now_ns)
{
    auto header = make_header("peer-observer-archive repair", now_ns);
    while (const auto chunk = scanner.next()) {
        if (chunk->kind == Chunk::Kind::header) {
            header = chunk->header;
            break;
        }
        for (const auto& batch : chunk->batches)
            add_source(header, batch.node, batch.publisher_id);
    }
    scanner.seek(0);
    scanner.expect_sources(header);
    return header;
}

proto::ArchiveGap damaged_gap(const proto::ArchiveSource& source, std::uint64_t first, std::uint64_t count,
                              std::uint64_t now_ns)
{
    proto::ArchiveGap gap;
    *gap.mutable_source() = source;
    gap.set_first_sequence(first);
    gap.set_count(count);
    gap.set_cause(proto::ArchiveGap::DAMAGED);
    gap.set_noticed_ns(now_ns);
    return gap;
}

void check(const std::error_code& error, const std::filesystem::path& path)
{
    if (error) throw std::system_error{error, "cannot write " + path.native()};
}

/// Copies what is good, and puts records where something is missing.
class Rewriter {
public:
    Rewriter(FileWriter& writer, const proto::ArchiveHeader& header, std::uint64_t now_ns)
        : writer_{writer}, header_{header}, now_ns_{now_ns}
    {}

    void add_gap(const proto::ArchiveGap& gap)
    {
        const auto finding = check_.next(gap);
        add_hole(gap.source(), finding);
        gaps_.push_back(gap);
        check(writer_.append(gaps_, {}, {}), writer_.path());
        gaps_.clear();
    }

    void add_batches(const Chunk& chunk)
    {
        for (const auto& batch : chunk.batches) {
            const auto finding = check_.next(batch);
            proto::ArchiveSource source;
            source.set_node(std::string{batch.node});
            source.set_publisher_id(batch.publisher_id);
            if (damaged_) add_hole(source, finding);
        }
        damaged_ = false;
        FrameContents contents;
        const auto frame = describe_frame(chunk, header_.sources_size() == 1, &contents);
        check(writer_.append(gaps_, frame, chunk.bytes, contents.serialize()), writer_.path());
        gaps_.clear();
    }

    void note_damage() { damaged_ = true; }

    /// The index knows where the numbers end, even if the last frames cannot be read.
    void end(const proto::ArchiveIndex& index)
    {
        if (!damaged_ || index.frames().empty() || header_.sources_size() != 1) return;
        const std::uint64_t end = index.frames().rbegin()->end_sequence();
        const auto& source = header_.sources(0);
        const auto known = check_.expected().find(source.publisher_id());
        const std::uint64_t first =
            known != check_.expected().end() ? known->second : index.frames().begin()->first_sequence();
        if (end <= first) return;
        gaps_.push_back(damaged_gap(source, first, end - first, now_ns_));
        check(writer_.append(gaps_, {}, {}), writer_.path());
    }

private:
    void add_hole(const proto::ArchiveSource& source, const SequenceCheck::Finding& finding)
    {
        if (finding.hole > 0) gaps_.push_back(damaged_gap(source, finding.expected, finding.hole, now_ns_));
    }

    FileWriter& writer_;
    const proto::ArchiveHeader& header_;
    std::uint64_t now_ns_;
    SequenceCheck check_;
    std::vector<proto::ArchiveGap> gaps_;
    bool damaged_ = false;
};

} // namespace

Recovery close_open_file(const std::filesystem::path& open_path, const Progress& progress)
{
    std::optional<InputFile> file{open_path};
    if (flock(file->fd(), LOCK_SH | LOCK_NB) != 0)
        throw std::system_error{errno, std::generic_category(), open_path.native() + " is being written"};

    Recovery result{.path = closed_path(open_path)};
    proto::ArchiveIndex index;
    std::uint64_t good = 0;
    std::uint64_t good_index = 0; // the size of an index that is there already, behind all the rest
    std::vector<std::string> problems;
    bool has_one_source = true;
    Scanner scanner{*file};
    if (const auto found = find_index(*file, scanner)) scanner.set_index(*found); // it was about to be renamed
    PendingSearch pending; // of frames that have no search record behind them
    while (const auto chunk = scanner.next()) {
        report(progress, scanner.position(), file->size());
        FrameContents contents;
        switch (chunk->kind) {
        case Chunk::Kind::header:
            scanner.expect_sources(chunk->header);
            has_one_source = chunk->header.sources_size() == 1;
            break;
        case Chunk::Kind::batches:
            *index.add_frames() = describe_frame(*chunk, has_one_source, &contents);
            pending.add(*index.frames().rbegin(), contents.serialize());
            result.events += index.frames().rbegin()->events();
            break;
        case Chunk::Kind::gap:
            *index.add_gaps() = chunk->gap;
            break;
        case Chunk::Kind::index:
            good_index = chunk->size;
            continue;
        case Chunk::Kind::search:
            if (pending.records().size() != 1 || !pending.records()[0].is_about_the_frames_of(chunk->search)) break;
            index.add_searches()->set_offset(chunk->offset);
            index.mutable_searches()->rbegin()->set_size_bytes(chunk->size);
            pending = {};
            break;
        case Chunk::Kind::skipped:
        case Chunk::Kind::foreign:
            break;
        case Chunk::Kind::damage:
            problems.push_back(describe_damage(*chunk));
            continue;
        }
        // Damage that has something good behind it is not a torn end.
        result.problems.insert(result.problems.end(), problems.begin(), problems.end());
        problems.clear();
        good = chunk->offset + chunk->size;
    }
    result.cut_bytes = file->size() - good - good_index;
    file.reset();

    if (index.frames().empty() && index.gaps().empty() && result.problems.empty()) {
        std::filesystem::remove(open_path);
        result.path.clear();
        return result;
    }
    FileWriter writer{open_path, good, std::move(index), std::move(pending)};
    check(writer.close(), open_path);
    return result;
}

bool is_contained_elsewhere(const std::filesystem::path& path)
{
    const Reader own{path};
    if (!own.header() || own.header()->sources_size() != 1 || own.index() == nullptr || own.index()->frames().empty())
        return false;
    const auto& source = own.header()->sources(0);
    const auto first = own.index()->frames().begin()->first_sequence();
    const auto end = own.index()->frames().rbegin()->end_sequence();
    const auto is_in = [&](const std::filesystem::path& other) {
        try {
            const Reader reader{other};
            return reader.header() && reader.header()->sources_size() == 1 &&
                   reader.header()->sources(0).SerializeAsString() == source.SerializeAsString() &&
                   reader.index() != nullptr && std::ranges::any_of(reader.index()->frames(), [&](const auto& frame) {
                       return frame.first_sequence() <= first && frame.end_sequence() >= end;
                   });
        } catch (const std::runtime_error&) { // not readable: it tells nothing
            return false;
        }
    };
    // It begins no later than this one: with the same time, or as one of the last before it.
    const auto publisher = publisher_text(source.publisher_id());
    const auto time = path.filename().native().substr(0, utc_text(0).size());
    std::vector<std::filesystem::path> earlier;
    for (const auto& entry : std::filesystem::directory_iterator{path.parent_path()}) {
        const auto name = entry.path().filename().native();
        if (entry.path() != path && is_archive(name) && !is_open_archive(name) &&
            name.find(publisher) != std::string::npos && name.substr(0, time.size()) <= time)
            earlier.push_back(entry.path());
    }
    std::ranges::sort(earlier, std::greater{});
    earlier.resize(std::min(earlier.size(), kMostLookedAt));
    return std::ranges::any_of(earlier, is_in);
}

Recovery rewrite_file(const std::filesystem::path& path, std::uint64_t now_ns, const Progress& progress)
{
    InputFile file{path};
    Scanner scanner{file};
    const auto index = find_index(file, scanner);
    if (index) scanner.set_index(*index);
    const auto header = find_header(scanner, now_ns);

    Recovery result{.path = path};
    FileWriter writer{path, header};
    Rewriter rewriter{writer, header, now_ns};
    while (const auto chunk = scanner.next()) {
        report(progress, scanner.position(), file.size());
        if (chunk->kind == Chunk::Kind::batches) {
            rewriter.add_batches(*chunk);
            result.events += writer.index().frames().rbegin()->events();
        } else if (chunk->kind == Chunk::Kind::gap) {
            rewriter.add_gap(chunk->gap);
        } else if (chunk->kind == Chunk::Kind::damage) {
            rewriter.note_damage();
            result.problems.push_back(describe_damage(*chunk));
        }
    }
    if (index) rewriter.end(index->entries);
    check(writer.sync(), path);
    const auto time = std::filesystem::last_write_time(path);
    std::filesystem::rename(path, path.native() + kDamagedExtension);
    check(writer.close(), path);
    std::filesystem::last_write_time(path, time); // by which an archiver tells its age
    return result;
}

} // namespace peer_observer::archive
