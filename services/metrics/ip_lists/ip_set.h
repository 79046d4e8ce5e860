// A set of IP addresses and networks, read from text.
#pragma once

#include "libs/base/ip.h"

#include <cstddef>
#include <istream>
#include <string>
#include <vector>

namespace peer_observer::metrics {

class IpSet {
public:
    IpSet() = default;
    explicit IpSet(const std::vector<base::IpNetwork>& networks);

    bool contains(const base::IpBytes& ip) const;

private:
    struct Range {
        base::IpBytes first;
        base::IpBytes last;
    };

    std::vector<Range> ranges_; ///< sorted, disjoint
};

/// One address or network (ADDRESS/BITS) a line. Empty lines, and what follows a # or ;, are ignored.
struct IpListText {
    struct BadLine {
        std::size_t number; ///< from 1
        std::string reason;
    };

    std::vector<base::IpNetwork> networks;
    std::size_t bad_lines = 0;
    std::vector<BadLine> first_bad_lines; ///< up to ten
};

IpListText read_ip_list(std::istream& in);

} // namespace peer_observer::metrics
