// Any file as an IP list: what is understood is contained in the set, what is not is reported in one printable line.
#include "services/metrics/ip_lists/ip_set.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer::metrics;
    const std::string text{reinterpret_cast<const char*>(data), size};
    std::istringstream in{text};
    const auto list = read_ip_list(in);
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    if (list.networks.size() + list.bad_lines > lines) std::abort();
    if (list.first_bad_lines.size() != std::min<std::size_t>(list.bad_lines, 10)) std::abort();
    for (const auto& [number, reason] : list.first_bad_lines) {
        if (number < 1 || number > lines || reason.empty()) std::abort();
        if (reason.find_first_of("\n\r\x1b") != std::string::npos || reason.contains('\0')) std::abort();
    }
    const IpSet set{list.networks};
    for (const auto& network : list.networks)
        if (!set.contains(network.first()) || !set.contains(network.last())) std::abort();
    return 0;
}
