// The files that a verb works on, and what it takes of them.
#pragma once

#include "libs/app/app.h"
#include "libs/archive/frame_filter.h"
#include "libs/archive/reader.h"
#include "libs/events/selection.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::archive_reader {

inline constexpr auto kInputOption = "file";

/// --file, which arguments without a name go to.
void add_input_options(boost::program_options::options_description& options);

/// The files given, and those in the folders given, in the order of their paths: by node, then by time. Throws
/// app::UsageError where there are none.
std::vector<std::filesystem::path> read_inputs(const boost::program_options::variables_map& values);

/// --from, --to, --node.
void add_range_options(boost::program_options::options_description& options);
/// --from-sequence, --to-sequence.
void add_sequence_options(boost::program_options::options_description& options);
/// Of both. Throws app::UsageError where no event can be in the range.
archive::Range read_range(const boost::program_options::variables_map& values);
/// Empty = every node. Throws app::UsageError for a node that is in none of the files.
std::vector<std::string> read_nodes(const boost::program_options::variables_map& values,
                                    const std::vector<std::filesystem::path>& files);
bool wants_node(const std::vector<std::string>& nodes, std::string_view node);

/// --no-index, for verbs that select events.
void add_search_option(boost::program_options::options_description& options);
/// Null where every frame is to be read.
std::unique_ptr<archive::FrameFilter> read_filter(const boost::program_options::variables_map& values,
                                                  const events::Selection& selection);

/// Readers of files one after another, of which each knows what came before it in the files of its publisher.
class Readers {
public:
    /// `filter` may be null, and outlives them.
    explicit Readers(const archive::Range& range, archive::FrameFilter* filter = nullptr)
        : range_{range}, filter_{filter}
    {}

    /// The former reader is at its end, or nothing more is wanted of it.
    archive::Reader& open(const std::filesystem::path& path);

    /// Begins with what the next open() of that file does, on another thread: with a filter it reads all search
    /// records. What that throws, open() throws.
    void open_ahead(const std::filesystem::path& path);

private:
    using Source = std::pair<std::string, std::uint64_t>; ///< node, publisher

    std::unique_ptr<archive::Reader> make(const std::filesystem::path& path) const;

    archive::Range range_;
    archive::FrameFilter* filter_;
    std::unique_ptr<archive::Reader> reader_;
    std::filesystem::path path_ahead_;
    std::future<std::unique_ptr<archive::Reader>> ahead_;
    std::map<Source, std::uint64_t> latest_ns_; ///< the time of its last event
};

/// UNIX time in nanoseconds of 2026-11-22T23:37:34Z, 2026-11-22T23:37:34.5Z, 2026-11-22 or 1795390654.5. The error says
/// what can be read.
std::expected<std::uint64_t, std::string> parse_time(const std::string& text);

/// 2026-11-22T23:37:34.123456789Z
std::string format_time(std::uint64_t unix_ns);

/// Bytes from a file that may be anything, fit for a terminal.
std::string printable(std::string_view text);

/// Whether an open file is not there any more: its writer has moved its events to the file that it writes, or closed it
/// under its other name. Says so in the log.
bool has_gone(const std::filesystem::path& file);

std::uint64_t total_size(const std::vector<std::filesystem::path>& files);

} // namespace peer_observer::archive_reader
