// Input: 16 bytes of address, and an asmap file. What is taken has an answer for every address, and none is read from
// beyond the file's end.
#include "libs/asmap/asmap.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer;
    base::IpBytes address{};
    if (size < address.size()) return 0;
    std::copy_n(data, address.size(), address.begin());
    const std::string file{reinterpret_cast<const char*>(data) + address.size(), size - address.size()};
    const auto parsed = asmap::Asmap::parse(file);
    if (!parsed) {
        if (parsed.error().empty()) std::abort();
        return 0;
    }
    if (file.empty() || parsed->find(address) >= 1U << 25U) std::abort();
    for (std::size_t byte = 0; byte < address.size(); ++byte) { // neighbours take other paths
        address[byte] = static_cast<std::uint8_t>(~address[byte]);
        (void)parsed->find(address);
    }
    return 0;
}
