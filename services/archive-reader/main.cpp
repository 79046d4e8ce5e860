// peer-observer-archive: reads, checks, replays and repairs what peer-observer-archiver wrote.
#include "libs/app/app.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/verbs.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace peer_observer;
using namespace peer_observer::archive_reader;

struct Verb {
    std::string_view name;
    std::string_view description;
    std::string_view example;
    void (*add_options)(options_description&);
    void (*run)(const variables_map&, app::Context&);
};

constexpr std::array kVerbs = {
    Verb{"info", "Shows what is in an archive: events by kind and message type, times, gaps.",
         "peer-observer-archive info /var/lib/peer-observer/alpha", add_info_options, info},
    Verb{"cat", "Prints the events of an archive as text, JSON or protobuf.",
         "peer-observer-archive cat --message-type inv --from 2026-11-22T12:00:00Z /var/lib/peer-observer/alpha",
         add_cat_options, cat},
    Verb{"export", "Writes the events of an archive as tables: into SQLite, or to files of CSV or JSON lines.",
         "peer-observer-archive export --sqlite alpha.sqlite /var/lib/peer-observer/alpha", add_export_options,
         export_tables},
    Verb{"verify",
         "Checks every byte, the order and the sequence numbers of an archive. Exits with status 1 if anything is "
         "wrong.",
         "peer-observer-archive verify /var/lib/peer-observer", add_verify_options, verify},
    Verb{"replay", "Publishes the events of an archive as the extractors did.",
         "peer-observer-archive replay --speed 10 --listen tcp://127.0.0.1:9331 /var/lib/peer-observer/alpha",
         add_replay_options, replay},
    Verb{"repair", "Completes files that were left open, and rewrites damaged files without the damaged parts.",
         "peer-observer-archive repair /var/lib/peer-observer", add_repair_options, repair},
    Verb{"index", "Adds an index for searches to files of archivers that did not write one.",
         "peer-observer-archive index /var/lib/peer-observer", add_index_options, index},
    Verb{"merge", "Merges the events of several files or nodes into one file, ordered by time.",
         "peer-observer-archive merge --output both.poa.zst alpha/ beta/", add_merge_options, merge},
    Verb{"report", "Writes one HTML file with the selected events and the web pages inside. It opens from disk.",
         "peer-observer-archive report --output attack.html --from 2026-11-22T12:00:00Z --to 2026-11-22T12:10:00Z "
         "/var/lib/peer-observer",
         add_report_options, report},
    Verb{"import",
         "Makes an archive of captured packets (pcap), or of what Bitcoin Core captured with -capturemessages.",
         "peer-observer-archive import --node alpha --output alpha.poa.zst ~/.bitcoin/message_capture",
         add_import_options, import_captures},
};

void print_usage(FILE* out)
{
    fmt::print(
        out, "Usage: peer-observer-archive VERB [options] FILE...\n\n"
             "Reads, checks, exports, replays and repairs archives. A folder stands for all archive files in it.\n\n");
    for (const auto& verb : kVerbs)
        fmt::print(out, "  {:8} {}\n", verb.name, verb.description);
    fmt::print(out, "\npeer-observer-archive VERB --help shows a verb's options.\n");
}

std::string verb_names()
{
    std::string names;
    for (const auto& verb : kVerbs)
        names.append(names.empty() ? "" : ", ").append(verb.name);
    return names;
}

} // namespace

int main(int argc, char** argv)
{
    const std::string_view word = argc > 1 ? argv[1] : "";
    for (const auto& verb : kVerbs) {
        if (verb.name != word) continue;
        app::Service service{.name = "archive " + std::string{verb.name},
                             .description = std::string{verb.description},
                             .example = std::string{verb.example},
                             .arguments = kInputOption};
        add_input_options(service.options);
        verb.add_options(service.options);
        return app::run(argc - 1, argv + 1, service, verb.run);
    }
    if (word == "--version") {
        fmt::print("peer-observer-archive {}\n", PEER_OBSERVER_VERSION);
        return 0;
    }
    if (word == "--help" || word == "-h") {
        print_usage(stdout);
        return 0;
    }
    const std::string what = word.empty() ? "no verb is given" : fmt::format("there is no verb '{}'", printable(word));
    fmt::print(stderr, "peer-observer-archive: {}; it takes {} (see --help)\n", what, verb_names());
    return 2;
}
