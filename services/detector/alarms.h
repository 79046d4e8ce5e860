// The anomalies of one kind at one node: when they open, what is known of them, when they close.
#pragma once

#include "libs/app/known_peers.h"
#include "libs/base/lru_map.h"
#include "services/detector/definition.h"
#include "services/detector/moment.h"
#include "services/detector/peer.h"
#include "services/detector/profile.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::detector {

struct Figure {
    std::string_view name; ///< static storage
    double value = 0;
    double threshold = 0; ///< 0: none
};

/// Who does it. Views live as long as the call.
struct Subject {
    enum class Scope : std::uint8_t { peer, group, node };
    Scope scope = Scope::node;
    const Peer* peer = nullptr; ///< who takes part now; always there for a peer
    std::string_view group;     ///< of the scope group: a site, a netgroup, or an AS
    std::string_view node;      ///< whose peer it is; empty: of the node at hand

    static Subject of(const Peer& peer, std::string_view node = {}) { return {Scope::peer, &peer, {}, node}; }
    static Subject of_group(std::string_view group, const Peer* peer) { return {Scope::group, peer, group, {}}; }
    static Subject of_node(const Peer* peer = nullptr) { return {Scope::node, peer, {}, {}}; }
};

/// Whose events: a process of a node, by one publisher.
struct WatchId {
    std::string node;
    std::uint64_t publisher_id = 0;
    std::uint32_t pid = 0;
    std::uint64_t process_start_ms = 0;

    auto operator<=>(const WatchId&) const = default;
};

using Ending = proto::AnomalyReport::Ending;

/// What one node knows of an anomaly.
struct AlarmState {
    Time first = 0;
    Time last = 0;
    std::vector<Figure> figures; ///< the highest so far
    struct Participant {
        std::int64_t id;
        std::string address;
        std::string user_agent;
        std::string site;
        std::uint32_t mapped_as;
    };
    std::vector<Participant> peers;
    std::uint64_t peer_count = 0;
    std::int64_t latest_peer = 0;
    std::vector<Moment> first_evidence;
    std::vector<Moment> last_evidence;
    std::vector<std::uint64_t> blocks; ///< short hashes of blocks that it is about, in order
    std::string known_as;              ///< the operator's name for the subject
    std::optional<Profile> profile;
};

/// Something to be told of an anomaly at one node.
struct Report {
    enum class Action : std::uint8_t { opened, updated, closed };
    Time time = 0;
    WatchId watch;
    const Definition* definition = nullptr;
    std::string subject;
    std::string subject_name; ///< of an AS, where it is known
    bool is_local = false;    ///< the subject is a connection of this process, or the node itself: nobody else's
    Action action = Action::opened;
    AlarmState state;
    Ending ending = proto::AnomalyReport::UNKNOWN_ENDING; ///< why it is closed
};

/// What the operator may change, for all kinds.
struct AlarmTimes {
    Time close_after = 300 * kSecond; ///< an anomaly of which nothing was seen for so long is over
    Time update_every = 60 * kSecond;
};

class Alarms {
public:
    using Sink = std::function<void(Report&&)>;

    /// All references must outlive this object.
    Alarms(const Definition& definition, const char& enabled, const AlarmTimes& times,
           const app::KnownPeers& known_peers, WatchId id, Sink sink)
        : definition_{definition}, enabled_{enabled}, times_{times}, known_peers_{known_peers}, id_{std::move(id)},
          sink_{std::move(sink)}
    {}

    /// The figures of the subject are now these. The anomaly opens when all reach their thresholds and continues above
    /// half of them; the first one is the one that counts for severity and confidence. `evidence`: the event that shows
    /// it; null = the one at hand. `first`: when the behaviour began; 0 = with the first evidence. `blocks`: short
    /// hashes of those that it is about, for what the node's log says of them.
    void judge(const Moment& at, const Subject& subject, std::initializer_list<Figure> figures, Time first = 0,
               const Moment* evidence = nullptr, std::span<const std::uint64_t> blocks = {});

    void tick(const Moment& at);
    /// Closes all: nothing more can be said of them.
    void end(Time now, Ending ending);

    std::size_t open() const { return open_.size(); }
    /// Anomalies that were not opened because too many are.
    std::uint64_t refused() const { return refused_; }
    /// How near to its threshold anything has come: 1 is at it.
    double highest() const { return highest_; }

private:
    static constexpr std::size_t kMostOpen = 1024;

    struct Alarm {
        AlarmState state;
        bool is_local = false;
        bool changed = false;
        Time next_update = 0;
    };

    static void note(const Moment& at, const Subject& subject, std::initializer_list<Figure> figures,
                     const Moment& evidence, std::span<const std::uint64_t> blocks, Alarm& alarm);
    void tell(Time time, Report::Action action, const std::string& key, const Alarm& alarm,
              Ending ending = proto::AnomalyReport::UNKNOWN_ENDING) const;

    const Definition& definition_;
    const char& enabled_;
    const AlarmTimes& times_;
    const app::KnownPeers& known_peers_;
    WatchId id_;
    Sink sink_;
    base::LruMap<std::string, Alarm> open_{kMostOpen};
    std::uint64_t refused_ = 0;
    double highest_ = 0;
    Time next_check_ = 0;
};

} // namespace peer_observer::detector
