#include "services/p2p-extractor/network.h"

#include "libs/base/hex.h"
#include "services/p2p-extractor/endpoint.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace peer_observer::p2p_extractor {
namespace {

using boost::system::error_code;

std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint) { return to_string(address_of(endpoint)); }

} // namespace

Network::Network(NetworkOptions options, Session::Random random, Emit emit)
    : options_{std::move(options)}, random_{std::move(random)}, emit_{std::move(emit)}
{
    for (const auto& meeting : options_.accept)
        add_listener(meeting);
    for (const auto& meeting : options_.connect)
        add_dialer(meeting);
}

Network::~Network()
{
    for (const auto& dialer : dialers_)
        dialer->stop();
    for (const auto& listener : listeners_)
        listener->stop();
    for (const auto& [id, entry] : std::exchange(connections_, {}))
        entry.second->stop();
    io_.restart();
    io_.poll(); // handlers of what was cancelled hold connections
}

void Network::add_listener(const Meeting& meeting)
{
    auto& figures = figures_[meeting.node];
    const auto accepted = std::make_shared<std::uint64_t>(0);
    auto& listener =
        listeners_.emplace_back(std::make_unique<Listener>(io_, meeting.address, [=, this, &figures](Socket socket) {
            if (*accepted >= kMostAccepted) {
                ++figures.refused;
                return;
            }
            ++*accepted;
            add(meeting.node, std::move(socket), proto::NodeConnection::FROM_NODE, std::nullopt,
                [accepted](const Connection&) { --*accepted; });
        }));
    listening_.push_back({meeting.node, listener->address()});
}

void Network::add_dialer(const Meeting& meeting)
{
    auto& figures = figures_[meeting.node];
    const auto index = dialers_.size();
    dialers_.push_back(std::make_unique<Dialer>(
        io_, endpoint_of(meeting.address), options_.times,
        [=, this](Socket socket, std::chrono::nanoseconds duration) {
            add(meeting.node, std::move(socket), proto::NodeConnection::TO_NODE, duration,
                [=, this](const Connection& ended) { dialers_[index]->dial_again(ended.session().is_established()); });
        },
        [=, this, &figures](proto::EndReason reason, const std::string& detail) {
            ++figures.ended.at(static_cast<std::size_t>(reason));
            proto::P2pExtractor event;
            auto& failed = *event.mutable_connect_failed();
            failed.mutable_connection()->set_direction(proto::NodeConnection::TO_NODE);
            failed.mutable_connection()->set_node_address(to_string(meeting.address));
            failed.set_reason(reason);
            failed.set_detail(detail);
            emit_(meeting.node, std::move(event));
        }));
    dialers_.back()->dial();
}

void Network::add(const std::string& node, Socket socket, proto::NodeConnection::Direction direction,
                  std::optional<std::chrono::nanoseconds> connect_duration, Ended ended)
{
    const auto now = Clock::now();
    error_code error;
    proto::NodeConnection description;
    const auto id = ++last_id_;
    description.set_id(id);
    description.set_direction(direction);
    description.set_node_address(text_of(socket.remote_endpoint(error)));
    description.set_own_address(text_of(socket.local_endpoint(error)));
    auto& figures = figures_.find(node)->second;
    Session session{options_.session,
                    std::move(description),
                    connect_duration,
                    figures,
                    [this, node, id](proto::P2pExtractor&& event) {
                        if (event.has_connected()) tell_session_id(id);
                        emit_(node, std::move(event));
                    },
                    random_,
                    now};
    auto connection = std::make_shared<Connection>(std::move(socket), std::move(session), figures,
                                                   [this, id, ended = std::move(ended)](const Connection& closed) {
                                                       ended(closed);
                                                       connections_.erase(id);
                                                   });
    connections_.try_emplace(id, node, connection);
    connection->start();
}

/// With which the operator can see that nobody is in between.
void Network::tell_session_id(std::uint64_t id) const
{
    const auto& [node, connection] = connections_.at(id);
    if (const auto session_id = connection->session().session_id(); !session_id.empty())
        spdlog::info("{}: encrypted by the v2 transport, session id {}", node, base::to_hex(session_id));
}

void Network::wake_by(int fd)
{
    const int copy = dup(fd);
    if (copy < 0) throw std::system_error{errno, std::generic_category(), "cannot copy a file descriptor"};
    wake_.assign(copy);
    wake_.async_wait(boost::asio::posix::descriptor_base::wait_read, [](const error_code&) {});
}

void Network::run_for(std::chrono::milliseconds longest)
{
    io_.restart();
    io_.run_one_for(longest);
    io_.poll();
    show_waiting_pings();
}

void Network::show_waiting_pings()
{
    const auto now = Clock::now();
    std::map<std::string_view, std::chrono::nanoseconds> longest;
    for (const auto& [id, entry] : connections_) {
        auto& of_node = longest[entry.first];
        of_node = std::max(of_node, entry.second->session().ping_waiting(now).value_or(std::chrono::nanoseconds{0}));
    }
    for (auto& [node, figures] : figures_)
        figures.ping_waiting_ns = static_cast<std::uint64_t>(longest[node].count());
}

} // namespace peer_observer::p2p_extractor
