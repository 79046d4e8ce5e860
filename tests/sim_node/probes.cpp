#include "tests/sim_node/probes.h"

#include <algorithm>

// As Bitcoin Core builds its probes: with a semaphore each, which the kernel raises while somebody listens.
#define SDT_USE_VARIADIC
#define _SDT_HAS_SEMAPHORES // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): sdt.h asks for it
#include <sys/sdt.h>

// The notes name these symbols, so they must not be mangled. Volatile: the kernel writes to them.
extern "C" {
#define SIM_NODE_SEMAPHORE(context, name, ...)                                                                         \
    extern volatile unsigned short context##_##name##_semaphore;                                                       \
    __attribute__((section(".probes"))) volatile unsigned short context##_##name##_semaphore = 0;
SIM_NODE_PROBES(SIM_NODE_SEMAPHORE)
}

namespace peer_observer::sim_node {

std::optional<Probe> find_probe(std::string_view name)
{
    const auto* found = std::ranges::find(kProbes, name, &ProbeInfo::name);
    if (found == kProbes.end()) return std::nullopt;
    return static_cast<Probe>(found - kProbes.begin());
}

std::bitset<kProbeCount> attached_probes()
{
    std::bitset<kProbeCount> attached;
#define SIM_NODE_IS_ATTACHED(context, name, ...)                                                                       \
    attached.set(static_cast<std::size_t>(Probe::context##_##name), context##_##name##_semaphore > 0);
    SIM_NODE_PROBES(SIM_NODE_IS_ATTACHED)
    return attached;
}

#define SIM_NODE_ARGUMENTS_1(a) v[0].a
#define SIM_NODE_ARGUMENTS_2(a, b) SIM_NODE_ARGUMENTS_1(a), v[1].b
#define SIM_NODE_ARGUMENTS_3(a, b, c) SIM_NODE_ARGUMENTS_2(a, b), v[2].c
#define SIM_NODE_ARGUMENTS_4(a, b, c, d) SIM_NODE_ARGUMENTS_3(a, b, c), v[3].d
#define SIM_NODE_ARGUMENTS_5(a, b, c, d, e) SIM_NODE_ARGUMENTS_4(a, b, c, d), v[4].e
#define SIM_NODE_ARGUMENTS_6(a, b, c, d, e, f) SIM_NODE_ARGUMENTS_5(a, b, c, d, e), v[5].f
#define SIM_NODE_ARGUMENTS_7(a, b, c, d, e, f, g) SIM_NODE_ARGUMENTS_6(a, b, c, d, e, f), v[6].g
#define SIM_NODE_ARGUMENTS_8(a, b, c, d, e, f, g, h) SIM_NODE_ARGUMENTS_7(a, b, c, d, e, f, g), v[7].h

// STAP_PROBEV counts its arguments before they are expanded: expand them first.
#define SIM_NODE_EXPANDED(context, name, ...) STAP_PROBEV(context, name, __VA_ARGS__)

#define SIM_NODE_FIRE(context, name, count, ...)                                                                       \
    case Probe::context##_##name:                                                                                      \
        if (context##_##name##_semaphore == 0) return false;                                                           \
        SIM_NODE_EXPANDED(context, name, SIM_NODE_ARGUMENTS_##count(__VA_ARGS__));                                     \
        return true;

// One copy of every probe, as libbpf's users expect from a count of the notes: never inlined.
[[gnu::noinline]] bool fire(const Call& call)
{
    const auto& v = call.arguments;
    switch (call.probe) {
        SIM_NODE_PROBES(SIM_NODE_FIRE)
    }
    return false;
}

} // namespace peer_observer::sim_node
