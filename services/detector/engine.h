// From batches of events to anomalies.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/bus/subscriber.h"
#include "proto/event.pb.h"
#include "services/detector/correlator.h"
#include "services/detector/lru_map.h"
#include "services/detector/node_watch.h"
#include "services/detector/settings.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace peer_observer::detector {

/// What may be read from another thread.
struct Counters {
    std::atomic<std::uint64_t> events = 0;
    std::atomic<std::uint64_t> duplicates = 0;
    std::atomic<std::uint64_t> gaps = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> waiting = 0;
    std::atomic<std::uint64_t> streams = 0;
    std::atomic<std::uint64_t> peers = 0;
    struct Kind {
        std::atomic<std::uint64_t> open = 0;
        std::array<std::atomic<std::uint64_t>, 4> opened{}; ///< by severity
        std::atomic<double> highest = 0;                    ///< how near to its threshold anything has come
    };
    std::vector<Kind> kinds{all_detectors().size()}; ///< by place in all_detectors()
};

class Engine {
public:
    /// A serialized Event with an anomaly.
    using Publish = std::function<void(const std::string& event)>;

    /// `settings` must outlive this object; what it says may change between calls.
    Engine(const Settings& settings, Publish publish);

    /// True if it had an event that some detector looks at.
    bool observe(const bus::Batch& batch);
    /// Publishes what waits for later events, because none come.
    void idle();
    /// Brings the counters up to date.
    void count();
    const Counters& counters() const { return counters_; }
    const app::BadEvents& bad_events() const { return bad_events_; }

private:
    /// Publishers of different sorts may tell of the same node.
    enum class Sort : std::uint8_t { extractor, rpc_extractor, addr_connectivity };
    struct Stream {
        std::string node;
        std::uint64_t publisher_id = 0;
        std::uint64_t next_sequence = 0;
        bool started = false;
        std::unique_ptr<NodeWatch> watch; ///< null until an event comes that says something about peers
        Sort sort = Sort::extractor;
        Time heard = 0; ///< how late it was when its latest event came, by the events of all
        bool is_silent = false;
    };

    void observe(Stream& stream, const proto::Event& event, std::uint64_t sequence);
    static Sort sort_of(const proto::Event& event);
    NodeWatch& watch(Stream& stream, const proto::Event& event);
    void look_for_silence();
    static Time silent_from(const Stream& stream);
    void note_highest(const NodeWatch& watch);
    void publish(const proto::Event& event, const Definition& definition);

    const Settings& settings_;
    Publish publish_;
    Counters counters_;
    Correlator correlator_;
    LruMap<std::string, Stream> streams_;
    events::EventReader reader_;
    app::BadEvents bad_events_;
    std::string serialized_;
    Time newest_ = 0;
    Time next_silence_ = 0; ///< none of the streams can be silent before
};

} // namespace peer_observer::detector
