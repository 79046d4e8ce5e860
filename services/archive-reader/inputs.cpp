#include "services/archive-reader/inputs.h"

#include "libs/app/option_values.h"
#include "libs/archive/file_name.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <set>
#include <system_error>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr std::uint64_t kNanoseconds = 1'000'000'000;

} // namespace

void add_input_options(po::options_description& options)
{
    options.add_options()(kInputOption, po::value<Strings>()->value_name("FILE"),
                          "an archive file, or a folder with archive files in it or in its subfolders");
}

std::vector<fs::path> read_inputs(const po::variables_map& values)
{
    if (!values.contains(kInputOption)) throw app::UsageError{"give the files or folders to read"};
    std::vector<fs::path> files;
    for (const auto& name : values[kInputOption].as<Strings>()) {
        std::error_code error;
        if (!fs::is_directory(name, error)) {
            files.emplace_back(name);
            continue;
        }
        std::vector<fs::path> found;
        fs::recursive_directory_iterator entry{name, fs::directory_options::skip_permission_denied, error};
        for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
            std::error_code gone;
            if (archive::is_archive(entry->path()) && entry->is_regular_file(gone)) found.push_back(entry->path());
        }
        if (error) throw std::system_error{error, "cannot list " + name};
        std::ranges::sort(found);
        files.insert(files.end(), found.begin(), found.end());
    }
    if (files.empty()) throw app::UsageError{"there is no archive file in what was given"};
    return files;
}

void add_range_options(po::options_description& options)
{
    auto add = options.add_options();
    add("from", po::value<std::string>()->value_name("TIME"),
        "only events at or after this time: 2026-11-22T23:37:34Z, 2026-11-22 or UNIX seconds");
    add("to", po::value<std::string>()->value_name("TIME"), "only events before this time");
    add("node", po::value<Strings>()->value_name("NAME"), "only events of this node; may be repeated");
}

void add_sequence_options(po::options_description& options)
{
    auto add = options.add_options();
    add("from-sequence", po::value<app::Count>()->value_name("N"), "only events from this sequence number on");
    add("to-sequence", po::value<app::Count>()->value_name("N"), "only events before this sequence number");
}

archive::Range read_range(const po::variables_map& values)
{
    archive::Range range;
    const auto read = [&](const char* option, std::uint64_t& time) {
        if (!values.contains(option)) return;
        const auto parsed = parse_time(values[option].as<std::string>());
        if (!parsed) throw app::UsageError{fmt::format("--{}: {}", option, parsed.error())};
        time = *parsed;
    };
    read("from", range.from_ns);
    read("to", range.to_ns);
    if (range.from_ns >= range.to_ns) throw app::UsageError{"--from is not before --to: no event is in between"};
    if (values.contains("from-sequence")) range.from_sequence = values["from-sequence"].as<app::Count>().value;
    if (values.contains("to-sequence")) range.to_sequence = values["to-sequence"].as<app::Count>().value;
    if (range.from_sequence >= range.to_sequence)
        throw app::UsageError{"--from-sequence is not below --to-sequence: no event is in between"};
    return range;
}

std::vector<std::string> read_nodes(const po::variables_map& values, const std::vector<fs::path>& files)
{
    if (!values.contains("node")) return {};
    const auto& nodes = values["node"].as<Strings>();
    std::set<std::string> found;
    for (const auto& file : files) {
        if (has_gone(file)) continue;
        const archive::Reader reader{file};
        if (!reader.header()) return nodes; // nobody knows which ones it has
        for (const auto& source : reader.header()->sources())
            found.insert(source.node());
    }
    for (const auto& node : nodes)
        if (!found.contains(node))
            throw app::UsageError{fmt::format("--node: nothing here is of node '{}', only of {}", printable(node),
                                              printable(fmt::format("{}", fmt::join(found, ", "))))};
    return nodes;
}

bool wants_node(const std::vector<std::string>& nodes, std::string_view node)
{
    return nodes.empty() || std::ranges::find(nodes, node) != nodes.end();
}

void add_search_option(po::options_description& options)
{
    options.add_options()("no-index", po::bool_switch(),
                          "read every frame, also those that have none of the selected events according to the index");
}

std::unique_ptr<archive::FrameFilter> read_filter(const po::variables_map& values, const events::Selection& selection)
{
    if (selection.selects_all() || values["no-index"].as<bool>()) return nullptr;
    return std::make_unique<archive::FrameFilter>(selection);
}

std::unique_ptr<archive::Reader> Readers::make(const fs::path& path) const
{
    return std::make_unique<archive::Reader>(path, range_, filter_);
}

void Readers::open_ahead(const fs::path& path)
{
    path_ahead_ = path;
    ahead_ = std::async(std::launch::async, [this, path] { return make(path); });
}

archive::Reader& Readers::open(const fs::path& path)
{
    const auto source = [this]() -> std::optional<Source> {
        if (!reader_->header() || reader_->header()->sources_size() != 1) return std::nullopt;
        const auto& only = reader_->header()->sources(0);
        return Source{only.node(), only.publisher_id()};
    };
    if (reader_)
        if (const auto former = source()) latest_ns_[*former] = reader_->latest_ns();
    reader_ = ahead_.valid() && path_ahead_ == path ? ahead_.get() : make(path);
    if (const auto now = source())
        if (const auto known = latest_ns_.find(*now); known != latest_ns_.end()) reader_->continue_from(known->second);
    return *reader_;
}

std::expected<std::uint64_t, std::string> parse_time(const std::string& text)
{
    const auto bad = std::unexpected{
        fmt::format("'{}' is not a time like 2026-11-22T23:37:34Z, 2026-11-22 or 1795390654", printable(text))};
    std::string_view fraction;
    std::uint64_t seconds = 0;
    std::tm utc{};
    const char* end = strptime(text.c_str(), "%Y-%m-%d", &utc);
    if (end != nullptr) {
        if (*end == 'T') end = strptime(end, "T%H:%M:%S", &utc);
        if (end == nullptr) return bad;
        const std::time_t time = timegm(&utc);
        if (time < 0) return bad;
        seconds = static_cast<std::uint64_t>(time);
        fraction = end;
        if (fraction.ends_with('Z')) fraction.remove_suffix(1);
    } else {
        const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (error != std::errc{}) return bad;
        fraction = rest;
    }
    std::uint64_t nanoseconds = 0;
    if (!fraction.empty()) {
        constexpr std::size_t kDigits = 9;
        std::string digits{fraction.substr(1, kDigits)};
        digits.resize(kDigits, '0');
        const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), nanoseconds);
        if (fraction.front() != '.' || error != std::errc{} || rest != digits.data() + digits.size()) return bad;
    }
    if (seconds > archive::Range::kEnd / kNanoseconds - 1) return bad;
    return seconds * kNanoseconds + nanoseconds;
}

std::string format_time(std::uint64_t unix_ns)
{
    const auto seconds = static_cast<std::time_t>(unix_ns / kNanoseconds);
    std::tm utc{};
    (void)gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, unix_ns % kNanoseconds);
}

std::string printable(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c >= ' ' && c <= '~' && c != '\\') {
            out += c;
        } else {
            out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

bool has_gone(const fs::path& file)
{
    std::error_code error;
    if (!archive::is_open_archive(file) || fs::exists(file, error) || error) return false;
    spdlog::info("{} is gone: the archiver has moved its events to another file, which the next run reads",
                 file.native());
    return true;
}

std::uint64_t total_size(const std::vector<fs::path>& files)
{
    std::uint64_t total = 0;
    for (const auto& file : files) {
        std::error_code error;
        const auto size = fs::file_size(file, error);
        if (!error) total += size;
    }
    return total;
}

} // namespace peer_observer::archive_reader
