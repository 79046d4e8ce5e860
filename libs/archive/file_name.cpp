#include "libs/archive/file_name.h"

#include "libs/events/batch.h"

#include <fmt/format.h>

#include <ctime>

namespace peer_observer::archive {

std::string utc_text(std::uint64_t unix_ns)
{
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    const auto seconds = static_cast<std::time_t>(unix_ns / kNanoseconds);
    std::tm utc{};
    (void)gmtime_r(&seconds, &utc);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, unix_ns % kNanoseconds / 1000);
}

std::string publisher_text(std::uint64_t publisher_id) { return fmt::format("{:016x}", publisher_id); }

std::string file_stem(std::uint64_t start_ns, std::uint64_t publisher_id, unsigned number)
{
    const auto stem = utc_text(start_ns) + "-" + publisher_text(publisher_id);
    return number == 0 ? stem : fmt::format("{}-{}", stem, number);
}

bool is_open_archive(const std::filesystem::path& path)
{
    return path.native().ends_with(std::string{kExtension} + kOpenExtension);
}

bool is_archive(const std::filesystem::path& path)
{
    return path.native().ends_with(kExtension) || is_open_archive(path);
}

std::filesystem::path closed_path(const std::filesystem::path& path)
{
    return is_open_archive(path) ? std::filesystem::path{path}.replace_extension() : path;
}

bool is_folder_name(const std::string& node) { return events::is_node_name(node) && node != "." && node != ".."; }

} // namespace peer_observer::archive
