// The peers that the kernel side has described: it does so once, and then names them by their id.
#pragma once

#include "bpf/events.h"

#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::extractor {

struct Peer {
    std::uint32_t pid = 0;
    std::int64_t peer_id = 0;
    std::string address; ///< valid UTF-8, as is the next
    std::string connection_type;
};

class Peers {
public:
    void describe(const peer_record& record);

    /// Nothing for one that was not described. Valid until the next describe().
    const Peer* find(std::uint32_t pid, std::int64_t peer_id) const;

private:
    static std::size_t slot(std::int64_t peer_id) { return static_cast<std::uint64_t>(peer_id) % PEER_SLOTS; }

    std::vector<Peer> slots_ = std::vector<Peer>(PEER_SLOTS);
};

} // namespace peer_observer::extractor
