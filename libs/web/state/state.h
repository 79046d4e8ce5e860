// All that this service remembers, made of batches. Bounded (limits.h). Not safe for threads: its owner has a lock.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/bus/continuity.h"
#include "libs/events/event_reader.h"
#include "libs/web/state/addresses.h"
#include "libs/web/state/anomalies.h"
#include "libs/web/state/node.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace peer_observer::web {

/// What of a batch is not in its bytes.
struct Arrival {
    std::uint64_t now_ns = 0; ///< when it arrived
    std::uint64_t missed = 0; ///< events before it
    std::optional<bus::UnknownLoss> unknown_loss = std::nullopt;
};

struct Loss {
    std::uint64_t noticed_ns = 0;
    std::string node;
    std::uint64_t publisher_id = 0;
    std::uint64_t first_sequence = 0; ///< of those that did not arrive
    std::optional<std::uint64_t> count;
    std::string tracepoint; ///< empty = lost on the bus
    std::string cause;
};

struct PublisherRecord {
    std::string node;
    std::uint64_t next_sequence = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t missed_events = 0;
    std::set<std::uint32_t> contexts; ///< field numbers in Event
    bool is_ended = false;
};

class State {
public:
    /// Sees each event with its kept form.
    using Watcher = std::function<void(const proto::Event& event, const KeptEventPtr& kept)>;

    explicit State(Watcher watcher = {}) : watcher_{std::move(watcher)} {}

    void add(const events::Batch& batch, const Arrival& arrival,
             const std::function<void(const events::BadEvent&)>& on_bad);
    /// Of an archive: events that should stand here.
    void add_gap(const proto::ArchiveGap& gap);
    /// Called about each second, with the time that the pages show. Peers are remembered for so long after they are
    /// gone.
    void tick(std::uint64_t now_ns, std::uint64_t gone_ns = kGoneNs);

    const std::map<std::string, std::unique_ptr<Node>, std::less<>>& nodes() const { return nodes_; }
    const Node* find(std::string_view node) const;
    const Inventory& inventory() const { return inventory_; }
    const Addresses& addresses() const { return addresses_; }
    const Anomalies& anomalies() const { return anomalies_; }
    const History& latest() const { return latest_; }
    const std::deque<Loss>& losses() const { return losses_; } ///< oldest first
    const std::map<std::uint64_t, PublisherRecord>& publishers() const { return publishers_; }
    /// Of the latest event: from its time to its arrival.
    std::int64_t lag_ns() const { return lag_ns_; }
    std::uint64_t events() const { return events_; }

    /// An event by its id, and the peer in whose conversation it is, if it is in one.
    struct Found {
        KeptEventPtr event;
        const Node* node = nullptr;
        const Peer* peer = nullptr;
    };
    Found find(const EventId& id) const;

private:
    void observe(const proto::Event& event, const KeptEventPtr& kept);
    Node* node(std::string_view name);
    void lose(Loss loss);

    Watcher watcher_;
    events::EventReader reader_;
    Inventory inventory_;
    Addresses addresses_;
    Anomalies anomalies_;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> nodes_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> names_;
    History latest_{kFeedEvents, kFeedEventBytes};
    std::deque<Loss> losses_;
    std::map<std::uint64_t, PublisherRecord> publishers_;
    std::int64_t lag_ns_ = 0;
    std::uint64_t events_ = 0;
};

} // namespace peer_observer::web
