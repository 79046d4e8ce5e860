#include "services/p2p-extractor/connection.h"
#include "services/p2p-extractor/network.h"
#include "services/p2p-extractor/p2p_extractor_testing.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace peer_observer::p2p_extractor {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::of_number;
using namespace std::chrono_literals;

void run_until(asio::io_context& io, const std::function<bool()>& condition)
{
    const auto deadline = Clock::now() + 30s;
    while (!condition()) {
        if (Clock::now() > deadline) throw std::runtime_error{"not in time"};
        io.restart();
        io.run_one_for(10ms);
    }
}

/// A connection, and the node at its other end, on one thread.
struct Wire {
    explicit Wire(std::chrono::nanoseconds ping_interval = 1ms)
    {
        options.ping_interval = ping_interval;
        tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
        node.connect(acceptor.local_endpoint());
        auto socket = acceptor.accept();
        Session session{options,
                        testing::described(proto::NodeConnection::FROM_NODE),
                        std::nullopt,
                        figures,
                        [this](proto::P2pExtractor&& event) { events.push_back(event); },
                        [this] { return nonce++; },
                        Clock::now()};
        connection = std::make_shared<Connection>(std::move(socket), std::move(session), figures,
                                                  [this](const Connection&) { has_ended = true; });
        connection->start();
    }

    void write(std::string_view bytes) { asio::write(node, asio::buffer(bytes)); }

    std::size_t count(bool (proto::P2pExtractor::*has)() const) const
    {
        return static_cast<std::size_t>(std::ranges::count_if(events, has));
    }

    void shake_hands()
    {
        write(testing::node_version() + p2p::message(testing::kMagic, "verack", ""));
        run_until(io, [&] { return count(&proto::P2pExtractor::has_connected) == 1; });
    }

    asio::io_context io;
    tcp::socket node{io};
    SessionOptions options = testing::session_options();
    Figures figures;
    std::vector<proto::P2pExtractor> events;
    std::uint64_t nonce = 1;
    bool has_ended = false;
    std::shared_ptr<Connection> connection;
};

TEST(Connection, LosesNoMessageWhenTimersFireInTheMiddleOfIt)
{
    Wire wire;
    wire.shake_hands();
    const auto waiting = [&] { return wire.count(&proto::P2pExtractor::has_ping_waiting); };
    const auto bytes = p2p::message(testing::kMagic, "feefilter", of_number(1)) +
                       p2p::message(testing::kMagic, "feefilter", of_number(2));
    for (const char byte : bytes) {
        const auto fired = waiting();
        wire.write({&byte, 1});
        run_until(wire.io, [&] { return waiting() > fired; });
    }
    run_until(wire.io, [&] { return wire.count(&proto::P2pExtractor::has_feefilter) == 2; });
    EXPECT_FALSE(wire.has_ended);
    // The pong to the ping that was sent before all this.
    wire.write(p2p::message(testing::kMagic, "pong", of_number(2)));
    run_until(wire.io, [&] { return wire.count(&proto::P2pExtractor::has_ping_answered) == 1; });
}

TEST(Connection, ReadsNoMoreWhileItsAnswersAreNotTaken)
{
    Wire wire{1h};
    wire.shake_hands();
    std::string questions;
    for (int i = 0; i < 2000; ++i)
        questions += p2p::message(testing::kMagic, "ping", of_number(1));
    wire.node.non_blocking(true);
    // The kernel's buffers of both directions, and what the connection takes, are full in the end.
    std::size_t sent = 0;
    for (int quiet = 0; quiet < 20;) {
        boost::system::error_code error;
        const auto written = wire.node.write_some(asio::buffer(questions) + sent % questions.size(), error);
        sent += written;
        wire.io.restart();
        quiet = written == 0 && wire.io.poll() == 0 ? quiet + 1 : 0;
        ASSERT_LT(sent, std::size_t{256} << 20U);
    }
    EXPECT_FALSE(wire.has_ended);
    const auto questions_read = wire.figures.messages.load();
    // It continues when they are.
    std::vector<char> answers(std::size_t{1} << 20U);
    run_until(wire.io, [&] {
        boost::system::error_code error;
        wire.node.read_some(asio::buffer(answers), error);
        return wire.figures.messages > questions_read + 100;
    });
}

TEST(Connection, TellsThatTheNodeHasClosedIt)
{
    Wire wire;
    wire.shake_hands();
    wire.node.close();
    run_until(wire.io, [&] { return wire.has_ended; });
    EXPECT_EQ(wire.figures.connections, 0U);
    const auto& end = wire.events.back().disconnected();
    EXPECT_TRUE(end.reason() == proto::CLOSED_BY_NODE || end.reason() == proto::NETWORK_ERROR) << end.detail();
}

TEST(Connection, IsClosedWhenItIsStopped)
{
    Wire wire;
    wire.shake_hands();
    wire.connection->stop();
    EXPECT_TRUE(wire.has_ended);
    EXPECT_EQ(wire.events.back().disconnected().reason(), proto::STOPPED);
    boost::system::error_code error;
    std::vector<char> rest(std::size_t{1} << 16U);
    asio::read(wire.node, asio::buffer(rest), error);
    EXPECT_TRUE(error);
}

/// Two networks of ours: one listens where the other dials.
TEST(Network, DialsAgainAfterAnEnd)
{
    const std::string node = "alpha";
    std::vector<proto::P2pExtractor> events;
    std::uint64_t nonce = 1;
    const auto random = [&] { return nonce++; };
    const auto keep = [&](const std::string& name, proto::P2pExtractor&& event) {
        EXPECT_EQ(name, node);
        events.push_back(event);
    };
    const auto ignore = [](const std::string&, proto::P2pExtractor&&) {};
    const auto listens = [&](std::uint16_t port) {
        return std::make_unique<Network>(NetworkOptions{.session = testing::session_options(),
                                                        .connect = {},
                                                        .accept = {{"other", {"127.0.0.1", port}}}},
                                         random, ignore);
    };
    auto listening = listens(0);
    const auto address = listening->listening().at(0).address;
    Network dialing{
        {.session = testing::session_options(), .connect = {{node, address}}, .accept = {}, .times = {1s, 10ms}},
        random,
        keep};
    const auto wait_for = [&](bool (proto::P2pExtractor::*has)() const, int count) {
        const auto deadline = Clock::now() + 30s;
        while (std::ranges::count_if(events, has) < count) {
            if (Clock::now() > deadline) throw std::runtime_error{"not in time"};
            dialing.run_for(1ms);
            if (listening) listening->run_for(1ms);
        }
    };
    wait_for(&proto::P2pExtractor::has_connected, 1);
    listening.reset();
    wait_for(&proto::P2pExtractor::has_disconnected, 1);
    wait_for(&proto::P2pExtractor::has_connect_failed, 2);
    EXPECT_EQ(events.back().connect_failed().connection().node_address(), to_string(address));
    listening = listens(address.port);
    wait_for(&proto::P2pExtractor::has_connected, 2);
    EXPECT_EQ(events.back().connected().connection().id(), 2U);
}

} // namespace
} // namespace peer_observer::p2p_extractor
