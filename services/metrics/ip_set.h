// A set of IP addresses and subnets, read from text.
#pragma once

#include "services/metrics/peer_address.h"

#include <cstddef>
#include <expected>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::metrics {

class IpSet {
public:
    struct Range {
        IpBytes first;
        IpBytes last;
    };

    /// `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. The error is a sentence without a full stop.
    static std::expected<Range, std::string> parse(std::string_view text);

    IpSet() = default;
    explicit IpSet(std::vector<Range> ranges);

    bool contains(const IpBytes& ip) const;

private:
    std::vector<Range> ranges_; ///< sorted, apart from one another
};

/// One address or subnet a line; empty lines, and what follows a # or ;, are passed over.
struct IpListText {
    struct BadLine {
        std::size_t number; ///< from 1
        std::string reason;
    };

    std::vector<IpSet::Range> ranges;
    std::size_t bad_lines = 0;
    std::vector<BadLine> first_bad_lines; ///< up to ten
};

IpListText read_ip_list(std::istream& in);

} // namespace peer_observer::metrics
