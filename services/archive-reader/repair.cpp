#include "libs/archive/file_name.h"
#include "libs/archive/reader.h"
#include "libs/archive/recovery.h"
#include "libs/base/clock.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/output.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace peer_observer::archive_reader {
namespace {

bool is_damaged(const std::filesystem::path& file, Progress& progress)
{
    archive::Reader reader{file};
    while (const auto chunk = reader.next()) {
        progress.update(reader.position());
        if (chunk->kind == archive::Chunk::Kind::damage) return true;
    }
    return !reader.header();
}

void repair(const std::filesystem::path& file, Progress& progress)
{
    const auto show = [&](std::uint64_t done, std::uint64_t) { progress.update(done); };
    archive::Recovery recovery;
    const bool was_open = archive::is_open_archive(file);
    if (was_open) {
        if (has_gone(file)) return;
        recovery = archive::close_open_file(file, show);
        progress.hide();
        if (recovery.path.empty()) {
            archive_reader::print("{}: removed, it held no event\n", file.native());
            return;
        }
        archive_reader::print("{}: closed, {} events, {} bytes cut at the end\n", recovery.path.native(),
                              recovery.events, recovery.cut_bytes);
        if (recovery.problems.empty()) return;
    } else if (!is_damaged(file, progress)) {
        progress.hide();
        archive_reader::print("{}: ok\n", file.native());
        return;
    }
    recovery = archive::rewrite_file(archive::closed_path(file), base::unix_ns(), show);
    progress.hide();
    archive_reader::print("{}: rewritten, {} events; the damaged file is beside it\n", recovery.path.native(),
                          recovery.events);
    for (const auto& problem : recovery.problems)
        archive_reader::print("  {}\n", problem);
}

} // namespace

void add_repair_options(options_description& /*options*/) {}

void repair(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    std::uint64_t failed = 0;
    std::vector<std::filesystem::path> closed;
    Progress progress{total_size(files), true};
    for (const auto& file : files) {
        if (context.stopping()) return;
        try {
            progress.next_file(total_size({file}));
            repair(file, progress);
            if (archive::is_open_archive(file) && std::filesystem::exists(archive::closed_path(file)))
                closed.push_back(archive::closed_path(file));
        } catch (const std::system_error& error) {
            ++failed;
            progress.hide();
            archive_reader::print("{}: {}\n", file.native(), error.what());
        }
        (void)std::fflush(stdout);
    }
    for (const auto& file : closed) { // a journal, and the file that has its frame
        if (!archive::is_contained_elsewhere(file)) continue;
        std::filesystem::remove(file);
        archive_reader::print("{}: removed, another file has its events\n", file.native());
    }
    if (failed > 0) throw app::IncompleteError{fmt::format("{} files could not be repaired", failed)};
}

} // namespace peer_observer::archive_reader
