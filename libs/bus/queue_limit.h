// Turns a limit in bytes into nng's limit in messages, for what subscribers that do not keep up leave waiting.
#pragma once

#include <cstddef>
#include <deque>

namespace peer_observer::bus {

/// nng keeps a queue per subscriber and counts messages: a message that finds the queue full pushes the oldest out.
/// Frames are shared between the queues, so all queues together hold no more than the last frames, as many as a queue
/// has places. This class remembers their sizes and shrinks the number of places before the sum reaches the limit.
///
/// Shrinking makes nng drop the newest messages of a longer queue. What stays is older and leaves only as further
/// frames push it out. So until as many frames as there are places now have been sent, as many of the last frames as
/// there were places before may still be held: `reach_`. Therefore shrinking starts at half the limit, and again half
/// way to it should the frames get bigger meanwhile. Growing is safe once a shrinking has come to its end.
class QueueLimit {
public:
    /// max_batches: 1 or more.
    QueueLimit(int max_batches, std::size_t max_bytes);

    /// The number of places that each queue must have from now on. To be called, and obeyed, before a frame is sent.
    int before_send(std::size_t frame_bytes);

    /// An upper bound for the frames that wait, each counted once: never more than max_bytes, or one frame if that
    /// alone is bigger. The one frame that nng is writing to a subscriber's connection comes on top.
    std::size_t held_bytes() const { return held_bytes_; }

private:
    int places_for(std::size_t frame_bytes, std::size_t bytes) const;

    int max_batches_;
    std::size_t max_bytes_;
    int places_;
    int reach_;
    int sent_since_shrinking_ = 0;
    std::size_t shrink_above_;
    std::deque<std::size_t> sizes_; ///< of the last frames, at most reach_
    std::size_t held_bytes_ = 0;    ///< sum of sizes_
};

} // namespace peer_observer::bus
