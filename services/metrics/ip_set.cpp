#include "services/metrics/ip_set.h"

#include "services/metrics/label_text.h"

#include <algorithm>
#include <charconv>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kMaxShownBadLines = 10;
constexpr unsigned kIpv4PrefixBits = 96;

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

std::expected<IpSet::Range, std::string> IpSet::parse(std::string_view text)
{
    const auto slash = text.find('/');
    const auto ip = parse_ip(text.substr(0, slash));
    if (!ip) return std::unexpected(quoted(text) + " is neither an IP address nor a subnet");
    unsigned bits = 128;
    if (slash != std::string_view::npos) {
        // The notation counts: ::ffff:1.2.3.4 is IPv6 here.
        const bool ipv4 = text.find(':') == std::string_view::npos;
        const auto length = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
        if (error != std::errc{} || end != length.data() + length.size() || bits > (ipv4 ? 32U : 128U))
            return std::unexpected(quoted(text) + " has no valid prefix length");
        if (ipv4) bits += kIpv4PrefixBits;
    }
    Range range{*ip, *ip};
    for (unsigned bit = bits; bit < 128; ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
        range.first[bit / 8] = static_cast<std::uint8_t>(range.first[bit / 8] & ~mask);
        range.last[bit / 8] |= mask;
    }
    return range;
}

IpSet::IpSet(std::vector<Range> ranges)
{
    std::ranges::sort(ranges, {}, &Range::first);
    for (const Range& range : ranges) {
        if (!ranges_.empty() && range.first <= ranges_.back().last) {
            ranges_.back().last = std::max(ranges_.back().last, range.last);
        } else {
            ranges_.push_back(range);
        }
    }
}

bool IpSet::contains(const IpBytes& ip) const
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
        if (auto range = IpSet::parse(text)) {
            list.ranges.push_back(*range);
        } else if (++list.bad_lines <= kMaxShownBadLines) {
            list.first_bad_lines.push_back({number, std::move(range.error())});
        }
    }
    return list;
}

} // namespace peer_observer::metrics
