// tls+tcp:// with certificates made on the spot.
#include "libs/bus/testing/raw_socket.h"
#include "libs/bus/testing/tls.h"

#include <gmock/gmock.h>

#include <fstream>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class Tls : public TlsTest {
protected:
    static std::string error_of(const std::function<void()>& start)
    {
        try {
            start();
        } catch (const std::runtime_error& thrown) {
            return thrown.what();
        }
        return "none";
    }
};

TEST_F(Tls, DeliversEveryEventInOrderToTheLast)
{
    constexpr std::uint64_t kEvents = 20'000;
    auto publisher = std::make_unique<Publisher>(
        PublisherOptions{.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = files("server")});
    Subscriber subscriber{{.sources = {dialled(*publisher)}, .tls = files("client")}};
    wait_for_subscribers(*publisher, 1);
    for (std::uint64_t i = 0; i < kEvents; ++i)
        EXPECT_TRUE(publisher->add(make_event(i, i % 1000)));
    EXPECT_TRUE(publisher->add(make_event(kEvents, 4'000'000)));
    publisher.reset();
    std::uint64_t expected = 0;
    while (expected <= kEvents) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch) << "after " << expected << " events";
        const auto parsed = parse(*batch);
        for (const auto& event : parsed.events())
            ASSERT_EQ(event.timestamp_ns(), expected++);
    }
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
}

TEST_F(Tls, KeepsAConnectionToAnotherHostWhileThereAreNoEvents)
{
    // In capitals the bus takes it for another host, whose silence it watches.
    make_certificate("capitals", "LOCALHOST", "ca");
    Publisher publisher{{.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = files("capitals")}};
    auto url = dialled(publisher);
    url.replace(url.find("localhost"), 9, "LOCALHOST");
    Subscriber subscriber{{.sources = {url}, .tls = files("client")}};
    wait_for("heartbeats", [&] {
        publisher.flush();
        (void)subscriber.receive(10ms);
        return subscriber.statistics().batches >= 5;
    });
    EXPECT_EQ(subscriber.statistics().connected_sources, 1U);
    EXPECT_TRUE(publisher.add(make_event(1)));
    publisher.flush();
    EXPECT_TRUE(next_events(subscriber));
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
}

TEST_F(Tls, GivesNothingToAClientWithoutACertificate)
{
    Publisher publisher{{.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = files("server")}};
    const std::string port = publisher.url().substr(publisher.url().rfind(':'));
    // nng's greeting is all that a client without a certificate would need to send to be sent events.
    run("{ printf '\\000SP\\000\\000\\041\\000\\000'; sleep 1; } | timeout 3 openssl s_client -quiet -CAfile ca.pem "
        "-connect 127.0.0.1" +
        port +
        " > without.txt & { printf '\\000SP\\000\\000\\041\\000\\000'; sleep 1; } | timeout 3 openssl s_client " +
        "-quiet -CAfile ca.pem -cert client.pem -connect 127.0.0.1" + port + " > with.txt; wait; true");
    EXPECT_EQ(std::filesystem::file_size(*folder_ / "without.txt"), 0U);
    EXPECT_GT(std::filesystem::file_size(*folder_ / "with.txt"), 0U); // the publisher's greeting, at least
}

TEST_F(Tls, LetsASubscriberInWhileStrangersHoldAllConnectionsThatTheyCan)
{
    Publisher publisher{
        {.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = files("server"), .heartbeat_interval = 1ms}};
    std::jthread strangers{[url = publisher.url()](const std::stop_token& stop) { besiege(url, stop); }};
    wait_for("strangers that were closed for others", [&] { return publisher.statistics().refused_connections > 600; });
    for (int i = 0; i < 3; ++i) {
        Subscriber subscriber{{.sources = {dialled(publisher)}, .tls = files("client")}};
        wait_for("a heartbeat", [&] {
            publisher.flush();
            return subscriber.receive(10ms).has_value();
        });
    }
}

TEST_F(Tls, SaysWhichFileCannotBeUsed)
{
    const auto publish = [](const TlsFiles& tls) {
        return error_of([&] { Publisher{{.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = tls}}; });
    };
    const auto subscribe = [](const TlsFiles& tls) {
        return error_of([&] { Subscriber{{.sources = {"tls+tcp://localhost:1"}, .tls = tls}}; });
    };
    std::filesystem::create_directory(*folder_ / "folder.pem");
    std::ofstream{*folder_ / "text.pem"} << "no certificate\n";
    for (const auto& error_with : {std::function{publish}, std::function{subscribe}}) {
        EXPECT_EQ(error_with(files("server", "none")),
                  "cannot read the CA file " + *folder_ / "none.pem" + ": No such file or directory");
        EXPECT_EQ(error_with(files("none")),
                  "cannot read the certificate and key file " + *folder_ / "none.pem" + ": No such file or directory");
        EXPECT_THAT(error_with(files("folder")), HasSubstr("cannot read the certificate and key file"));
        EXPECT_THAT(error_with(files("server", "text")), HasSubstr("cannot use the CA file " + *folder_ / "text.pem"));
        EXPECT_THAT(error_with(files("text")), HasSubstr("cannot use the certificate and key file"));
        EXPECT_THAT(error_with(files("ca")), HasSubstr("cannot use the certificate and key file"));
        EXPECT_EQ(error_with({.ca_file = "", .cert_key_file = "x"}), "tls+tcp:// needs a CA file");
    }
}

} // namespace
} // namespace peer_observer::bus
