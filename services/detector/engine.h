// From batches of events to anomalies.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/base/lru_map.h"
#include "libs/bus/subscriber.h"
#include "proto/event.pb.h"
#include "services/detector/correlator.h"
#include "services/detector/log_reasons.h"
#include "services/detector/node_watch.h"
#include "services/detector/settings.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
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
    std::atomic<std::uint64_t> processes = 0;
    std::atomic<std::uint64_t> peers = 0;
    std::atomic<std::uint64_t> twins = 0; ///< publishers that tell of a node at the same time as another of their sort
    struct Kind {
        /// By severity: when they were opened, and when an open one became so severe.
        std::array<std::atomic<std::uint64_t>, 4> opened{};
        std::atomic<double> highest = 0; ///< how near to its threshold anything has come
    };
    std::vector<Kind> kinds{all_detectors().size()}; ///< by place in all_detectors()

    OpenAnomalies open() const
    {
        const std::scoped_lock lock{mutex_};
        return open_;
    }
    void set_open(OpenAnomalies open)
    {
        const std::scoped_lock lock{mutex_};
        open_ = std::move(open);
    }

private:
    mutable std::mutex mutex_;
    OpenAnomalies open_;
};

class Engine {
public:
    /// A serialized Event with an anomaly.
    using Publish = std::function<void(const std::string& event)>;
    /// Something that an operator should know: one line for the log.
    using Notice = std::function<void(const std::string& text)>;

    /// `settings` must outlive this object; what it says may change between calls.
    Engine(const Settings& settings, Publish publish, Notice notice = {});

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
    enum class Sort : std::uint8_t { extractor, rpc_extractor, log_extractor, p2p_extractor, addr_connectivity };
    /// A process of the node that the publisher observes: one extractor may trace several of one program.
    struct Process {
        std::unique_ptr<NodeWatch> watch;
        Time heard = 0; ///< how late it was when its latest event came, by the events of all
        bool is_silent = false;
    };
    struct Stream {
        std::string node;
        std::uint64_t publisher_id = 0;
        std::uint64_t next_sequence = 0;
        bool started = false;
        bool stopped = false; ///< it has said that it stops
        bool is_twin = false; ///< has been told of
        Sort sort = Sort::extractor;
        Time newest = 0;
        /// When another publisher of this sort began to tell of the node; 0: none has.
        Time replaced = 0;
        base::LruMap<std::uint64_t, Process> processes{kMostProcesses};
    };
    static constexpr std::size_t kMostProcesses = 32;

    void observe(Stream& stream, const proto::Event& event, std::uint64_t sequence);
    static Sort sort_of(const proto::Event& event);
    Process& process(Stream& stream, const proto::Event& event);
    /// The stream's first event, or its first one after another publisher had come.
    void look_for_twins(Stream& stream, Time now);
    void look_for_silence();
    void look_for_replaced();
    static Time silent_from(const Process& process);
    std::vector<LogReason> reasons_of(const Report& report);
    void gap(Stream& stream);
    void end(Stream& stream, Time at, Ending ending);
    /// It is about to go.
    void retire(const NodeWatch& watch);
    void note_highest(const NodeWatch& watch);
    /// Names the nodes that know the subject, counts, and publishes.
    void publish(proto::Event& event, const Definition& definition, bool rises);

    const Settings& settings_;
    Publish publish_;
    Notice notice_;
    Counters counters_;
    LogReasons log_reasons_;
    Correlator correlator_;
    base::LruMap<std::string, Stream> streams_;
    events::EventReader reader_;
    app::BadEvents bad_events_;
    std::string serialized_;
    std::uint64_t refused_before_ = 0; ///< by watches that are gone
    Time newest_ = 0;
    Time next_silence_ = 0;  ///< no process can be silent before
    Time next_replaced_ = 0; ///< no publisher is taken for replaced before
};

} // namespace peer_observer::detector
