// The peers that the kernel side has described: it does so once, and then names them by their id.
#pragma once

#include "bpf/events.h"

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

namespace peer_observer::extractor {

struct Peer {
    std::string address; ///< valid UTF-8, as is the next
    std::string connection_type;
};

class Peers {
public:
    /// More than the kernel side can know to be described, which describes a peer anew when another one has taken its
    /// slot: what is forgotten here is forgotten there.
    static constexpr std::size_t kMost = std::size_t{4} * PEER_SLOTS;

    void describe(const peer_record& record);

    /// Of the process that `header` names. Nothing for one that was not described, or that is the longest unused one
    /// of more than kMost. Valid until the next describe().
    const Peer* find(const record_header& header, std::int64_t peer_id);

private:
    struct Key {
        std::uint64_t process_start_ns;
        std::int64_t peer_id;
        std::uint32_t pid;

        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    using Entries = std::list<std::pair<Key, Peer>>;

    static Key key(const record_header& header, std::int64_t peer_id)
    {
        return {header.process_start_ns, peer_id, header.pid};
    }

    Entries by_use_; ///< the last used first
    std::unordered_map<Key, Entries::iterator, Hash> entries_;
};

} // namespace peer_observer::extractor
