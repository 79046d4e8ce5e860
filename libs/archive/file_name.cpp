#include "libs/archive/file_name.h"

#include "libs/events/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>

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

bool is_recording(const std::filesystem::path& path)
{
    const std::string name = path.filename();
    std::string_view stem = name;
    if (stem.ends_with(kDamagedExtension)) stem.remove_suffix(std::string_view{kDamagedExtension}.size());
    if (!stem.ends_with(kExtension)) return false;
    stem.remove_suffix(std::string_view{kExtension}.size());
    // 0: a digit, x: a hex digit.
    constexpr std::string_view kPattern = "00000000T000000.000000Z-xxxxxxxxxxxxxxxx";
    if (stem.size() < kPattern.size()) return false;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto matches = [&](char c, char pattern) {
        return pattern == '0' ? is_digit(c) : pattern == 'x' ? is_digit(c) || (c >= 'a' && c <= 'f') : c == pattern;
    };
    const auto number = stem.substr(kPattern.size());
    return std::ranges::equal(stem.substr(0, kPattern.size()), kPattern, matches) &&
           (number.empty() ||
            (number.size() > 1 && number[0] == '-' && std::ranges::all_of(number.substr(1), is_digit)));
}

std::filesystem::path closed_path(const std::filesystem::path& path)
{
    return is_open_archive(path) ? std::filesystem::path{path}.replace_extension() : path;
}

bool is_folder_name(const std::string& node) { return events::is_node_name(node) && node != "." && node != ".."; }

} // namespace peer_observer::archive
