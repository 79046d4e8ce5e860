#include "tests/sim_node/probes.h"

#include <boost/preprocessor/seq/for_each_i.hpp>
#include <boost/preprocessor/tuple/to_seq.hpp>

#include <algorithm>

// As Bitcoin Core builds its probes: with a semaphore each, which the kernel raises while somebody listens.
#define SDT_USE_VARIADIC
#define _SDT_HAS_SEMAPHORES // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): sdt.h asks for it
#include <sys/sdt.h>

// The notes name these symbols, so they must not be mangled. Volatile: the kernel writes to them.
extern "C" {
#define TRACEPOINT(id, context, name, ...)                                                                             \
    extern volatile unsigned short context##_##name##_semaphore;                                                       \
    __attribute__((section(".probes"))) volatile unsigned short context##_##name##_semaphore = 0;
#include "bpf/tracepoints.def"
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
#define TRACEPOINT(id, context, name, ...)                                                                             \
    attached.set(static_cast<std::size_t>(Probe::context##_##name), context##_##name##_semaphore > 0);
#include "bpf/tracepoints.def"
    return attached;
}

// v[0].i64, v[1].text and so on, each with a comma before it.
#define SIM_NODE_ARGUMENT(_, values, index, type) , (values)[index].type
#define SIM_NODE_ARGUMENTS(types) BOOST_PP_SEQ_FOR_EACH_I(SIM_NODE_ARGUMENT, v, BOOST_PP_TUPLE_TO_SEQ(types))

// STAP_PROBEV counts its arguments before they are expanded: expand them first.
#define SIM_NODE_PROBE(...) STAP_PROBEV(__VA_ARGS__)

// One copy of every probe, as libbpf's users expect from a count of the notes: never inlined.
[[gnu::noinline]] bool fire(const Call& call)
{
    const auto& v = call.arguments;
    switch (call.probe) {
#define TRACEPOINT(id, context, name, group, origin, types, ...)                                                       \
    case Probe::context##_##name:                                                                                      \
        if (context##_##name##_semaphore == 0) return false;                                                           \
        SIM_NODE_PROBE(context, name SIM_NODE_ARGUMENTS(types));                                                       \
        return true;
#include "bpf/tracepoints.def"
    }
    return false;
}

} // namespace peer_observer::sim_node
