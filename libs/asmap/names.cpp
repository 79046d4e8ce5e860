#include "libs/asmap/names.h"

#include "libs/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <expected>

namespace peer_observer::asmap {
namespace {

using Entry = std::pair<std::uint32_t, std::string>;

std::expected<Entry, std::string_view> parse_line(std::string_view line)
{
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) return std::unexpected{"no tab between number and name"};
    auto number = line.substr(0, tab);
    const auto name = line.substr(tab + 1);
    if (number.starts_with("AS")) number.remove_prefix(2);
    std::uint32_t asn = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), asn);
    if (error != std::errc{} || end != number.data() + number.size() || asn == 0)
        return std::unexpected{"no number of an AS"};
    if (name.empty()) return std::unexpected{"no name"};
    if (name.size() > Names::kMaxNameBytes) return std::unexpected{"a name that is too long"};
    if (!base::is_utf8(name)) return std::unexpected{"a name that is not UTF-8"};
    if (std::ranges::any_of(
            name, [](char character) { return static_cast<unsigned char>(character) < ' ' || character == '\x7f'; }))
        return std::unexpected{"a name with a control character"};
    return Entry{asn, name};
}

} // namespace

Names::Names(std::string_view text)
{
    const auto bad = [this](std::size_t number, std::string_view reason) {
        if (++bad_lines_ <= kDescribed) described_.push_back(fmt::format("line {}: {}", number, reason));
    };
    std::vector<std::pair<Entry, std::size_t>> entries; // with the number of the line
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        if (auto entry = parse_line(line))
            entries.emplace_back(*std::move(entry), number);
        else
            bad(number, entry.error());
    }
    std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry.first.first; });
    for (auto& [entry, number] : entries) {
        if (!names_.empty() && names_.back().first == entry.first)
            bad(number, fmt::format("a second name for AS{}", entry.first));
        else
            names_.push_back(std::move(entry));
    }
}

std::string_view Names::find(std::uint32_t asn) const
{
    const auto found = std::ranges::lower_bound(names_, asn, {}, &Entry::first);
    return found != names_.end() && found->first == asn ? std::string_view{found->second} : std::string_view{};
}

} // namespace peer_observer::asmap
