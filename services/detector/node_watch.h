// What is known of one process of a node from one publisher's events, and the detectors that look at it.
#pragma once

#include "libs/base/lru_map.h"
#include "proto/event.pb.h"
#include "services/detector/alarms.h"
#include "services/detector/hooks.h"
#include "services/detector/settings.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::detector {

class NodeWatch {
public:
    /// A node with a single peer has a ping every two minutes. Beyond this, it is gone, or its clock was set.
    static constexpr Time kLongestSilence = 600 * kSecond;

    /// `settings` must outlive this object; what it says may change.
    NodeWatch(const WatchId& id, const Settings& settings, const Alarms::Sink& sink);

    void observe(const Moment& at, const proto::Event& event);

    /// Events are missing before the next one.
    void gap() { gap_ = true; }
    /// The publisher's other events are of this time: anomalies of this process may be over.
    void pass(Time now);
    /// Closes all anomalies.
    void end(Time at, Ending ending);
    /// Of the latest event.
    Time now() const { return now_; }

    /// What is known of a host; null if nothing is.
    const Profile* profile(const std::string& host) { return profiles_.find(host); }
    std::size_t peers() const { return peers_.size(); }
    std::size_t open(std::size_t kind) const { return alarms_[kind]->open(); }
    std::uint64_t refused() const;
    double highest(std::size_t kind) const { return alarms_[kind]->highest(); }

private:
    void advance(const Moment& at);
    void make_detectors();
    void forget_peers(const Moment& at);
    Peer& peer(const Moment& at, std::int64_t id, std::string_view address, std::string_view connection_type);
    void forget(const Moment& at, const Peer& peer);
    /// Whether its events are for nobody.
    bool is_left_out(Peer& peer);
    Profile& profile(const Moment& at, const Peer& peer);

    void observe(const Moment& at, const proto::Connection& connection);
    void observe_inbound(const Moment& at, const proto::PeerMessage& message);
    void observe_outbound(const Moment& at, const proto::PeerMessage& message);
    void observe(const Moment& at, const proto::Mempool& mempool);
    /// The peer that has sent this transaction last of all; null if nobody has, or it is left out.
    Peer* latest_sender(const std::string& txid);
    Peer* known(std::int64_t id) { return peers_.find(id); }

    const Settings& settings_;
    std::vector<std::unique_ptr<Alarms>> alarms_;
    std::unique_ptr<Hooks> hooks_;
    std::vector<std::unique_ptr<Detector>> detectors_;
    base::LruMap<std::int64_t, Peer> peers_;
    base::LruMap<std::string, Profile> profiles_; ///< of hosts
    Time now_ = 0;
    Time next_tick_ = 0;
    Time next_pass_ = 0;
    bool gap_ = true; ///< the beginning is one
    struct LatestTransaction {
        std::int64_t peer_id = -1;
        std::string txid;
    } latest_; ///< that a peer has sent
};

} // namespace peer_observer::detector
