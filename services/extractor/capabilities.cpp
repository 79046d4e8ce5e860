#include "services/extractor/capabilities.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>

#include <cerrno>
#include <fstream>
#include <string_view>
#include <vector>

namespace peer_observer::extractor {
namespace {

/// A number of /proc/self/status.
unsigned long long own_status(std::string_view field, int base)
{
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
        if (word != field) continue;
        status >> word;
        return std::stoull(word, nullptr, base);
    }
    return 0;
}

/// What there is on this host that forbids BPF, as far as one can see.
std::string what_forbids()
{
    std::vector<std::string> found;
    if (own_status("Seccomp:", 10) != 0) found.emplace_back("a seccomp filter is in force");
    std::ifstream lockdown{"/sys/kernel/security/lockdown"};
    for (std::string word; lockdown >> word;)
        if (word.starts_with('[') && word != "[none]") found.push_back("kernel lockdown is " + word);
    if (found.empty()) return "possible reasons: the container's restrictions, kernel lockdown, a kernel without BPF";
    return fmt::format("{}", fmt::join(found, " and "));
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
    return missing_capabilities(attaches_many_at_once, own_status("CapEff:", 16));
}

std::string why_refused(int error, bool attaches_many_at_once)
{
    if (error != EPERM && error != EACCES && error != ENOSYS) return {};
    if (error != ENOSYS)
        if (auto missing = missing_capabilities(attaches_many_at_once); !missing.empty()) return missing;
    if (error == EACCES) return {}; // the verifier says that, too, and libbpf has its reasons
    return "this host forbids it: " + what_forbids() + "; peer-observer-rpc-extractor observes a node without BPF";
}

} // namespace peer_observer::extractor
