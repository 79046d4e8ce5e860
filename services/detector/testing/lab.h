// An engine, nodes to which scripts are played, and what comes out.
#pragma once

#include "libs/bus/frame.h"
#include "proto/event.pb.h"
#include "services/detector/engine.h"
#include "services/detector/testing/events.h"
#include "tests/sim_node/attacks.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::detector::testing {

inline constexpr std::int64_t kStart_s = 1'760'000'000;

/// A serialized batch, as the bus delivers it.
struct StoredBatch {
    std::string node;
    std::uint64_t publisher_id = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t events = 0;
    Time time = 0; ///< of its last event
    std::string bytes;
    bool last = false;

    bus::Batch view() const
    {
        return {{.node = node,
                 .publisher_id = publisher_id,
                 .first_sequence = first_sequence,
                 .event_count = events,
                 .bytes = bytes,
                 .last = last}};
    }
};

class Lab {
public:
    explicit Lab(const Settings& settings = {}) : settings_{settings} {}

    std::vector<std::string> notices;

    void observe(const StoredBatch& batch) { engine_.observe(batch.view()); }
    /// Everything that waits comes out.
    void finish()
    {
        engine_.idle();
        engine_.count();
    }

    Settings& settings() { return settings_; }
    Engine& engine() { return engine_; }
    const Engine& engine() const { return engine_; }

    std::vector<proto::Event> published;

    std::vector<proto::AnomalyReport> opened() const
    {
        std::vector<proto::AnomalyReport> result;
        for (const auto& event : published)
            if (event.anomaly().has_opened()) result.push_back(event.anomaly().opened());
        return result;
    }
    std::set<std::string> kinds() const
    {
        std::set<std::string> result;
        for (const auto& report : opened())
            result.insert(report.kind());
        return result;
    }
    std::size_t closed() const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(published, [](const auto& event) { return event.anomaly().has_closed(); }));
    }

private:
    Settings settings_;
    Engine engine_{settings_,
                   [this](const std::string& event) {
                       published.emplace_back();
                       if (!published.back().ParseFromString(event)) throw std::logic_error{"not an event"};
                   },
                   [this](const std::string& text) { notices.push_back(text); }};
};

/// A node of which a script is played: its events go to a lab, or to whoever wants them.
class Node {
public:
    using Sink = std::function<void(const StoredBatch&)>;

    Node(Sink sink, std::string name = "alpha", std::uint64_t publisher_id = 1, std::size_t events_a_batch = 1,
         std::uint64_t seed = 1)
        : script{seed, kStart_s, [this](const auto& call) { add(event_of(call)); },
                 [this](double seconds) {
                     now_ += detector::seconds(seconds);
                     return seconds;
                 }},
          sink_{std::move(sink)}, name_{std::move(name)}, publisher_id_{publisher_id}, events_a_batch_{events_a_batch}
    {}
    explicit Node(Lab& lab, std::string name = "alpha", std::uint64_t publisher_id = 1)
        : Node{[&lab](const auto& batch) { lab.observe(batch); }, std::move(name), publisher_id}
    {}
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void add(proto::Event event)
    {
        if (!left_out_) {
            now_ += 1'000; // a microsecond
            if (event.timestamp_ns() == 0) event.set_timestamp_ns(now_);
            if (pid != 0) event.set_pid(pid);
            if (process_start_ms != 0) event.set_process_start_ms(process_start_ms);
            *batch_.add_events() = std::move(event);
        }
        ++sequence_;
        if (static_cast<std::size_t>(batch_.events_size()) >= events_a_batch_) flush();
    }

    void flush()
    {
        batch_.set_schema_version(events::kSchemaVersion);
        batch_.set_node(name_);
        batch_.set_publisher_id(publisher_id_);
        const auto events = static_cast<std::uint64_t>(batch_.events_size());
        const StoredBatch batch{name_, publisher_id_, sequence_ - events, events, now_, batch_.SerializeAsString()};
        batch_.Clear();
        sink_(batch);
    }

    /// Says that the publisher stops.
    void stop()
    {
        flush();
        sink_({name_, publisher_id_, sequence_, 0, now_, {}, true});
    }

    /// What follows does not arrive.
    void lose(bool on) { left_out_ = on; }
    Time now() const { return now_; }
    void set_clock(Time now) { now_ = now; }

    sim_node::Script script;
    std::uint32_t pid = 0; ///< of the node's process; 0: the usual one
    std::uint64_t process_start_ms = 0;

private:
    Sink sink_;
    std::string name_;
    std::uint64_t publisher_id_;
    std::size_t events_a_batch_;
    proto::EventBatch batch_;
    std::uint64_t sequence_ = 0;
    Time now_ = static_cast<Time>(kStart_s) * kSecond;
    bool left_out_ = false;
};

} // namespace peer_observer::detector::testing
