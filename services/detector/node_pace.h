// How far a node has come with its peers' messages: time in which it processes none is no fault of a peer.
#pragma once

#include "services/detector/moment.h"
#include "services/detector/peer.h"

#include <algorithm>
#include <cstdint>

namespace peer_observer::detector {

/// Bitcoin Core's one message thread takes a message of each peer in turn (ThreadMessageHandler(), net.cpp). While it
/// waits for a flush to a slow disk, or the host is paused, what peers have sent lies in their sockets.
class NodePace {
public:
    struct Mark {
        Time worked = 0;
        std::uint64_t round = 0;
    };

    /// The node is about to process a message of this peer.
    void received(Time now, Peer& peer)
    {
        std::uint64_t& round = peer.latest_round;
        if (round == round_) { // its second one: the others have had their turn since
            ++round_;
            if (began_ != 0 && now > began_) worked_ += std::min(now - began_, kLongestRound);
            began_ = now;
        }
        round = round_;
    }

    Mark mark() const { return {worked_, round_}; }
    /// Of rounds that are over. 0 until every peer has surely had its turn since.
    double seconds_since(const Mark& mark) const
    {
        if (round_ < mark.round + kRounds) return 0;
        return static_cast<double>(worked_ - mark.worked) / kSecond;
    }

private:
    /// A node with one peer has a message in two minutes. Of a longer round only this counts, so that a peer of such a
    /// node is judged later.
    static constexpr Time kLongestRound = 30 * kSecond;
    static constexpr std::uint64_t kRounds = 3; // the first may have begun before the mark

    Time worked_ = 0;
    Time began_ = 0;
    std::uint64_t round_ = 1;
};

} // namespace peer_observer::detector
