// tls+tcp:// with certificates made on the spot.
#include "libs/bus/bus_testing.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class Tls : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        folder_ = std::make_unique<TemporaryFolder>();
        for (const std::string ca : {"ca", "other_ca"}) {
            run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj '/CN=" + ca +
                "' -keyout " + ca + ".key -out " + ca + ".pem");
        }
        make_certificate("server", "localhost", "ca");
        make_certificate("client", "client", "ca");
        make_certificate("stranger", "client", "other_ca");
        make_certificate("elsewhere", "elsewhere.example", "ca");
    }
    static void TearDownTestSuite() { folder_.reset(); }

    static void run(const std::string& command)
    {
        const std::string line = "cd '" + (*folder_ / ".") + "' && { " + command + "; } 2>>openssl.log";
        ASSERT_EQ(std::system(line.c_str()), 0) << command;
    }
    static void make_certificate(const std::string& file, const std::string& name, const std::string& ca)
    {
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=" + name + "' -keyout " + file +
            ".key -out " + file + ".csr && printf 'subjectAltName=DNS:" + name + "' > " + file +
            ".ext && openssl x509 -req -days 1 -in " + file + ".csr -CA " + ca + ".pem -CAkey " + ca +
            ".key -CAcreateserial -extfile " + file + ".ext -out " + file + ".crt && cat " + file + ".crt " + file +
            ".key > " + file + ".pem");
    }
    static TlsFiles files(const std::string& certificate, const std::string& ca = "ca")
    {
        return {.ca_file = *folder_ / (ca + ".pem"), .cert_key_file = *folder_ / (certificate + ".pem")};
    }

    /// A certificate must bear the name that the subscriber dials, and names are not addresses.
    static std::string dialled(const Publisher& publisher)
    {
        return "tls+tcp://localhost" + publisher.url().substr(publisher.url().rfind(':'));
    }

    /// Whether this subscriber gets what a subscriber in good standing gets.
    static bool is_served(const TlsFiles& subscriber_files, const TlsFiles& publisher_files)
    {
        Publisher publisher{{.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = publisher_files}};
        Subscriber subscriber{{.sources = {dialled(publisher)}, .tls = subscriber_files}};
        const auto end = std::chrono::steady_clock::now() + 2s;
        while (std::chrono::steady_clock::now() < end) {
            publisher.heartbeat();
            if (subscriber.receive(10ms)) return true;
        }
        return false;
    }

    static std::string error_of(const std::function<void()>& start)
    {
        try {
            start();
        } catch (const std::runtime_error& thrown) {
            return thrown.what();
        }
        return "none";
    }

    inline static std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(Tls, DeliversEveryEventInOrderToTheLast)
{
    constexpr std::uint64_t kEvents = 20'000;
    auto publisher = std::make_unique<Publisher>(
        PublisherOptions{.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = files("server")});
    Subscriber subscriber{{.sources = {dialled(*publisher)}, .tls = files("client")}};
    wait_for_subscribers(*publisher, 1);
    for (std::uint64_t i = 0; i < kEvents; ++i)
        publisher->add(make_event(i, i % 1000));
    publisher->add(make_event(kEvents, 4'000'000));
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

TEST_F(Tls, ServesASubscriberWithACertificateOfTheSameCa) { EXPECT_TRUE(is_served(files("client"), files("server"))); }

TEST_F(Tls, GivesNothingToASubscriberWithACertificateOfAnotherCa)
{
    EXPECT_FALSE(is_served(files("stranger"), files("server")));
}

TEST_F(Tls, TakesNothingFromAPublisherWithACertificateOfAnotherCa)
{
    EXPECT_FALSE(is_served(files("client", "other_ca"), files("server")));
}

TEST_F(Tls, TakesNothingFromAPublisherWithAnotherName) { EXPECT_FALSE(is_served(files("client"), files("elsewhere"))); }

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
