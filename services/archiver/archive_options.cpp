#include "services/archiver/archive_options.h"

#include "libs/app/app.h"
#include "libs/app/option_values.h"
#include "libs/app/selection_options.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

namespace peer_observer::archiver {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;
using app::Count;
using app::Seconds;
using Strings = std::vector<std::string>;

constexpr std::string_view kPrefix = "archive.";
constexpr std::uint64_t kKibibyte = 1U << 10U;
constexpr std::uint64_t kMebibyte = 1U << 20U;

/// Those of which each named archive may have its own.
void add_own_options(po::options_description& options)
{
    auto add = options.add_options();
    add("directory", po::value<std::string>()->value_name("DIR"), "write to DIR/<node>/; required");
    add("tx-detail", po::value<std::string>()->default_value("received")->value_name("DETAIL"),
        "what to record of transactions: received (all that the extractor sends), full (without their bytes) or ids "
        "(txid, wtxid, sizes)");
    add("level", po::value<Count>()->default_value(Count{3}), "compression level, 1 (fast) to 19 (small)");
    add("threads", po::value<Count>()->default_value(Count{1}), "number of compression threads, 1 to 64");
    add("frame-size", po::value<Count>()->default_value(Count{0}, "4096 to 16384, by --level"),
        "KiB of events to compress together, 16 to 16384: what is lost if a frame is damaged, and what a seek reads");
    add("frame-seconds", po::value<Seconds>()->default_value(Seconds{2s}, "2"),
        "write events to disk after this many seconds at the latest, also while their frame is not full: what is lost "
        "in a crash");
    add("sync", po::value<std::string>()->default_value("5")->value_name("WHEN"),
        "when to sync to disk: each-frame, never, or an interval in seconds: what is lost in a power failure");
    add("rotate-size", po::value<Count>()->default_value(Count{1024}),
        "start a new file after this many MiB; fewer if --keep-size is small");
    add("rotate-seconds", po::value<Seconds>()->default_value(Seconds{24h}, "86400"),
        "start a new file after this many seconds");
    add("keep-size", po::value<Count>()->default_value(Count{0}, "no limit"),
        "delete the oldest files if all files exceed this many MiB");
    add("keep-days", po::value<Count>()->default_value(Count{0}, "no limit"), "delete files older than this many days");
    app::add_selection_options(options, "record");
}

std::uint64_t number(const po::variables_map& values, const std::string& option, std::uint64_t least,
                     std::uint64_t most)
{
    const auto value = values[option].as<Count>().value;
    if (value < least || value > most)
        throw app::UsageError{fmt::format("--{}: {} is not a number from {} to {}", option, value, least, most)};
    return value;
}

void read_sync(const std::string& text, StreamOptions& options)
{
    if (text == "each-frame") {
        options.sync = SyncPolicy::each_frame;
    } else if (text == "never") {
        options.sync = SyncPolicy::never;
    } else {
        boost::any seconds;
        try {
            app::validate(seconds, {text}, static_cast<Seconds*>(nullptr), 0);
        } catch (const po::error&) {
            throw app::UsageError{fmt::format("--sync: '{}' is not each-frame, never or a number of seconds", text)};
        }
        options.sync_interval = boost::any_cast<Seconds>(seconds).value;
    }
}

TxDetail read_tx_detail(const std::string& text)
{
    for (const auto detail : {TxDetail::received, TxDetail::full, TxDetail::ids})
        if (text == to_text(detail)) return detail;
    throw app::UsageError{"--tx-detail takes received, full or ids, not '" + text + "'"};
}

ArchiveOptions read_archive(std::string name, const po::variables_map& values,
                            const std::shared_ptr<const asmap::AutonomousSystems>& systems)
{
    ArchiveOptions options{.name = std::move(name)};
    if (!values.contains("directory")) throw app::UsageError{"--directory is needed"};
    options.directory = values["directory"].as<std::string>();
    options.level = static_cast<int>(number(values, "level", archive::kMinLevel, archive::kMaxLevel));
    options.threads = number(values, "threads", 1, 64);
    options.limits = {.bytes = number(values, "keep-size", 0, 1U << 30U) * kMebibyte,
                      .age = std::chrono::days{number(values, "keep-days", 0, 36500)}};
    auto& stream = options.stream;
    stream.frame_bytes = values["frame-size"].as<Count>().value == 0
                             ? archive::good_frame_bytes(options.level)
                             : number(values, "frame-size", 16, 16384) * kKibibyte;
    stream.journal_time = values["frame-seconds"].as<Seconds>().value;
    read_sync(values["sync"].as<std::string>(), stream);
    stream.file_bytes = number(values, "rotate-size", 1, 1U << 20U) * kMebibyte;
    stream.file_time = values["rotate-seconds"].as<Seconds>().value;
    stream.selection = app::read_selection(values, asmap::finder(systems));
    stream.tx_detail = read_tx_detail(values["tx-detail"].as<std::string>());
    stream.software = "peer-observer-archiver " PEER_OBSERVER_VERSION;
    return options;
}

/// The values of `archive.NAME.OPTION`, as words of a command line by name.
std::map<std::string, Strings> words_of_archives(const po::variables_map& values)
{
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    std::map<std::string, Strings> words;
    for (const auto& [key, value] : values) {
        if (!key.starts_with(kPrefix)) continue;
        const auto rest = key.substr(kPrefix.size());
        const auto dot = rest.find('.');
        const auto name = rest.substr(0, dot);
        if (dot == rest.npos || name.empty() || !std::ranges::all_of(name, allowed))
            throw app::UsageError{fmt::format(
                "{}: an option of an archive is archive.NAME.OPTION with a NAME of letters, digits, - and _", key)};
        for (const auto& word : value.as<Strings>())
            words[name].push_back("--" + rest.substr(dot + 1) + "=" + word);
    }
    return words;
}

/// What the section says; for the rest, what stands outside of sections. A selection is inherited as a whole or not at
/// all: half of one would have a meaning that nobody wrote.
po::variables_map merge(const std::string& name, const Strings& words, const po::variables_map& outside)
{
    constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::options_description options;
    add_own_options(options);
    po::variables_map values;
    po::store(po::command_line_parser{words}.options(options).style(kStyle).run(), values);
    po::options_description selection;
    app::add_selection_options(selection, "");
    const bool has_selection = app::has_selection(values);
    for (const auto& option : options.options()) {
        const auto& key = option->long_name();
        const bool is_selection = selection.find_nothrow(key, false) != nullptr;
        if (!outside.contains(key) || (values.contains(key) && !values[key].defaulted())) continue;
        if (is_selection && has_selection) continue;
        auto value = outside[key];
        if (key == "directory") value.value() = (std::filesystem::path{outside[key].as<std::string>()} / name).native();
        values.erase(key);
        values.emplace(key, value);
    }
    return values;
}

} // namespace

void add_archive_options(po::options_description& options)
{
    add_own_options(options);
    options.add_options()("archive.*", po::value<Strings>()->value_name("VALUE"),
                          "--archive.NAME.OPTION=VALUE: one of the options above for an archive of that name; in a "
                          "config file, a section "
                          "[archive.NAME]. There are then only archives with names. What one does not say, the options "
                          "without a name say");
}

std::vector<ArchiveOptions> read_archives(const po::variables_map& values,
                                          const std::shared_ptr<const asmap::AutonomousSystems>& systems)
{
    const auto named = words_of_archives(values);
    if (named.empty()) return {read_archive(kDefaultArchive, values, systems)};
    if (named.size() > kMaxArchives)
        throw app::UsageError{fmt::format("{} archives; at most {} are written", named.size(), kMaxArchives)};
    std::vector<ArchiveOptions> archives;
    std::map<std::filesystem::path, std::string> folders;
    for (const auto& [name, words] : named) {
        try {
            archives.push_back(read_archive(name, merge(name, words, values), systems));
        } catch (const po::error& error) {
            throw app::UsageError{fmt::format("archive {}: {}", name, error.what())};
        } catch (const app::UsageError& error) {
            throw app::UsageError{fmt::format("archive {}: {}", name, error.what())};
        }
        const auto [other, is_new] = folders.emplace(archives.back().directory.lexically_normal(), name);
        if (!is_new)
            throw app::UsageError{fmt::format("the archives {} and {} have the same folder {}", other->second, name,
                                              other->first.native())};
    }
    return archives;
}

} // namespace peer_observer::archiver
