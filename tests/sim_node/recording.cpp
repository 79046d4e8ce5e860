#include "tests/sim_node/recording.h"

#include "tests/sim_node/session.h"

#include <cstring>

namespace peer_observer::sim_node {

void Recording::add(const Call& call)
{
    const auto keep = [this](const void* from, std::size_t size) {
        const auto* bytes = static_cast<const std::uint8_t*>(from);
        return memory_.emplace_back(bytes, bytes + size).data();
    };
    Call& kept = calls_.emplace_back(call);
    for (std::size_t i = 0; i < kept.arguments.size(); ++i) {
        Value& value = kept.arguments[i];
        const Kind kind = kept.info().kinds[i];
        if (kind == Kind::text) {
            value.text = reinterpret_cast<const char*>(keep(value.text, std::strlen(value.text) + 1));
        } else if (kind == Kind::hash) {
            value.hash = keep(value.hash, std::tuple_size_v<Hash>);
        } else if (kind == Kind::payload) {
            value.payload = keep(value.payload, kept.arguments[i - 1].u64);
        }
    }
}

Recording record_session(std::uint64_t seed, std::uint64_t calls, const std::bitset<kProbeCount>& only)
{
    Recording recording;
    Session session(seed, [&](const Call& call) {
        if (only.test(static_cast<std::size_t>(call.probe)) && recording.calls().size() < calls) recording.add(call);
    });
    while (recording.calls().size() < calls)
        session.play_scene();
    return recording;
}

} // namespace peer_observer::sim_node
