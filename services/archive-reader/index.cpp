#include "libs/archive/file_name.h"
#include "libs/archive/search_index.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/output.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

namespace peer_observer::archive_reader {

void add_index_options(options_description& /*options*/) {}

void index(const variables_map& values, app::Context& context)
{
    const auto files = read_inputs(values);
    std::uint64_t failed = 0;
    Progress progress{total_size(files), true};
    for (const auto& file : files) {
        progress.next_file(total_size({file}));
        if (archive::is_open_archive(file)) {
            progress.hide();
            print("{}: open, left as it is\n", file.native());
            continue;
        }
        try {
            const bool was_added = archive::add_search_records(file, [&](std::uint64_t done, std::uint64_t) {
                if (context.stopping()) throw app::IncompleteError{"stopped; the same command continues"};
                progress.update(done);
            });
            progress.hide();
            print("{}: {}\n", file.native(), was_added ? "indexed" : "has an index for searches already");
        } catch (const app::IncompleteError&) {
            throw;
        } catch (const std::runtime_error& error) {
            ++failed;
            progress.hide();
            print("{}\n", error.what());
        }
        (void)std::fflush(stdout);
    }
    if (failed > 0) throw app::IncompleteError{fmt::format("{} files could not be indexed", failed)};
}

} // namespace peer_observer::archive_reader
