// Connects to nodes and lets them connect, for as long as the program runs.
#pragma once

#include "libs/base/host_port.h"
#include "services/p2p-extractor/connection.h"
#include "services/p2p-extractor/dialer.h"
#include "services/p2p-extractor/listener.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::p2p_extractor {

/// Where a node is met.
struct Meeting {
    std::string node;
    base::HostPort address;
};

struct NetworkOptions {
    SessionOptions session;
    std::vector<Meeting> connect; ///< where nodes listen
    std::vector<Meeting> accept;  ///< where we listen
    Dialer::Times times{std::chrono::seconds{10}, std::chrono::seconds{60}};
};

/// By node. Their addresses stay.
using AllFigures = std::map<std::string, Figures, std::less<>>;

class Network {
public:
    using Emit = std::function<void(const std::string& node, proto::P2pExtractor&&)>;

    /// Connections at one listening address. A node needs one.
    static constexpr std::uint64_t kMostAccepted = 8;

    /// Listens at once. Throws std::runtime_error that names the address where it cannot.
    Network(NetworkOptions options, Session::Random random, Emit emit);
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    /// run_for() ends when the file descriptor becomes readable.
    void wake_by(int fd);
    /// Works for at most so long, and returns when something has happened.
    void run_for(std::chrono::milliseconds longest);

    const AllFigures& figures() const { return figures_; }
    const std::vector<Meeting>& listening() const { return listening_; }

private:
    using Socket = boost::asio::ip::tcp::socket;
    using Ended = std::function<void(const Connection&)>;

    void add_dialer(const Meeting& meeting);
    void add_listener(const Meeting& meeting);
    void add(const std::string& node, Socket socket, proto::NodeConnection::Direction direction,
             std::optional<std::chrono::nanoseconds> connect_duration, Ended ended);
    void tell_session_id(std::uint64_t id) const;
    void show_waiting_pings();

    NetworkOptions options_;
    Session::Random random_;
    Emit emit_;
    AllFigures figures_;
    boost::asio::io_context io_{1};
    boost::asio::posix::stream_descriptor wake_{io_};
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, std::pair<std::string, std::shared_ptr<Connection>>> connections_; ///< by id, with the node
    std::vector<std::unique_ptr<Dialer>> dialers_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::vector<Meeting> listening_;
};

} // namespace peer_observer::p2p_extractor
