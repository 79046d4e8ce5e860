#include "services/extractor/capabilities.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>

#include <fstream>
#include <vector>

namespace peer_observer::extractor {
namespace {

unsigned long long effective_capabilities()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
        if (word != "CapEff:") continue;
        status >> word;
        return std::stoull(word, nullptr, 16);
    }
    return 0;
}

} // namespace

std::string missing_capabilities(bool attaches_many_at_once, unsigned long long effective)
{
    const auto has = [effective](int capability) { return ((effective >> capability) & 1U) != 0; };
    if (has(CAP_SYS_ADMIN)) return {};

    std::vector<std::string> missing;
    if (!has(CAP_BPF)) missing.emplace_back("CAP_BPF (to load BPF programs)");
    if (!has(CAP_PERFMON)) missing.emplace_back("CAP_PERFMON (to read the traced process's memory)");
    if (!attaches_many_at_once) {
        missing.emplace_back(
            "CAP_SYS_ADMIN (to attach uprobes: only libbpf 1.3 or later on Linux 6.10 or later can do without)");
    }
    return missing.empty() ? std::string{} : fmt::format("this process lacks {}", fmt::join(missing, ", "));
}

std::string missing_capabilities(bool attaches_many_at_once)
{
    return missing_capabilities(attaches_many_at_once, effective_capabilities());
}

} // namespace peer_observer::extractor
