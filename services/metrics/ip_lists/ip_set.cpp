#include "services/metrics/ip_lists/ip_set.h"

#include "services/metrics/series/label_text.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kMaxShownBadLines = 10;

std::string_view trim(std::string_view text)
{
    constexpr auto kBlank = " \t\r\v\f";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string quoted(std::string_view text)
{
    std::string buffer;
    return "'" + std::string{label_text(text, buffer)} + "'";
}

} // namespace

IpSet::IpSet(const std::vector<base::IpNetwork>& networks)
{
    std::vector<Range> ranges;
    ranges.reserve(networks.size());
    for (const auto& network : networks)
        ranges.push_back({network.first(), network.last()});
    std::ranges::sort(ranges, {}, &Range::first);
    for (const Range& range : ranges) {
        if (!ranges_.empty() && range.first <= ranges_.back().last) {
            ranges_.back().last = std::max(ranges_.back().last, range.last);
        } else {
            ranges_.push_back(range);
        }
    }
}

bool IpSet::contains(const base::IpBytes& ip) const
{
    const auto after = std::ranges::upper_bound(ranges_, ip, {}, &Range::first);
    return after != ranges_.begin() && ip <= std::prev(after)->last;
}

IpListText read_ip_list(std::istream& in)
{
    IpListText list;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const auto text = trim(std::string_view{line}.substr(0, line.find_first_of("#;")));
        if (text.empty()) continue;
        if (auto network = base::IpNetwork::parse(text)) {
            list.networks.push_back(*network);
        } else if (++list.bad_lines <= kMaxShownBadLines) {
            list.first_bad_lines.push_back({number, quoted(text) + " " + network.error()});
        }
    }
    return list;
}

} // namespace peer_observer::metrics
