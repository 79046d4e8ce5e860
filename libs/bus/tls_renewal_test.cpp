// The files of tls+tcp:// are replaced while a publisher and its subscribers run.
#include "libs/bus/testing/tls.h"

#include <gmock/gmock.h>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;

class TlsRenewal : public TlsTest {
protected:
    using Notices = std::vector<std::string>;

    void SetUp() override
    {
        TlsTest::SetUp();
        if (IsSkipped()) return;
        make_certificate("renewed", "localhost", "other_ca");
        install("ca", "server", "publisher");
        install("ca", "client", "subscriber");
    }

    /// Makes these the files of `end`, as a rename does it.
    static void install(const std::string& ca, const std::string& certificate, const std::string& end)
    {
        run("cp " + ca + ".pem new && mv new " + end + "_ca.pem && cp " + certificate + ".pem new && mv new " + end +
            ".pem");
    }
    static TlsFiles files_of(const std::string& end) { return files(end, end + "_ca"); }
    static PublisherOptions options(const std::string& url = "tls+tcp://127.0.0.1:0")
    {
        return {.url = url, .node = "alice", .tls = files_of("publisher")};
    }
    static void wait_for_notice(Publisher& publisher, const Notices& notices, const std::string& text)
    {
        wait_for(text, [&] {
            publisher.flush();
            return ::testing::Matches(Contains(HasSubstr(text)))(notices);
        });
    }
    static bool hears(Subscriber& subscriber, Publisher& publisher, std::chrono::milliseconds wait)
    {
        const auto deadline = std::chrono::steady_clock::now() + wait;
        while (std::chrono::steady_clock::now() < deadline) {
            publisher.flush();
            if (subscriber.receive(10ms)) return true;
        }
        return false;
    }
};

TEST_F(TlsRenewal, UsesReplacedFilesForNewConnectionsAndKeepsEstablishedOnes)
{
    Notices published;
    Notices received;
    auto publisher = std::make_unique<Publisher>(options());
    publisher->on_notice([&](const Notice& notice) { published.push_back(notice.text); });
    Subscriber old{{.sources = {dialled(*publisher)}, .tls = files_of("subscriber")}};
    old.on_notice([&](const Notice& notice) { received.push_back(notice.text); });
    ASSERT_TRUE(hears(old, *publisher, kDeadline));

    install("other_ca", "renewed", "publisher");
    install("other_ca", "stranger", "subscriber");
    wait_for_notice(*publisher, published, "the TLS files have changed: new connections use them");
    wait_for("the subscriber's notice", [&] {
        (void)hears(old, *publisher, 10ms);
        return ::testing::Matches(Contains("the TLS files have changed: new connections use them"))(received);
    });

    // Who has a certificate of the new CA gets in now, and who has one of the old CA does not.
    Subscriber renewed{{.sources = {dialled(*publisher)}, .tls = files("stranger", "other_ca")}};
    EXPECT_TRUE(hears(renewed, *publisher, kDeadline));
    Subscriber outdated{{.sources = {dialled(*publisher)}, .tls = files("client")}};
    wait_for_notice(*publisher, published, "refused connection");
    EXPECT_EQ(outdated.statistics().connected_sources, 0U);

    // The connection from before continues.
    ASSERT_TRUE(publisher->add(make_event(7)));
    publisher->flush();
    EXPECT_TRUE(next_events(old));
    EXPECT_EQ(old.statistics().missed_events, 0U);
    EXPECT_THAT(received, Not(Contains(HasSubstr("lost"))));

    // It reconnects with the new files.
    const auto url = publisher->url();
    publisher.reset();
    publisher = std::make_unique<Publisher>(options(url));
    EXPECT_TRUE(hears(old, *publisher, kDeadline));
    wait_for_subscribers(*publisher, 2);
}

TEST_F(TlsRenewal, KeepsFilesThatWorkWhereReplacementCannotBeUsed)
{
    Notices notices;
    Publisher publisher{options()};
    publisher.on_notice([&](const Notice& notice) { notices.push_back(notice.text); });
    run("echo 'no certificate' > publisher.pem");
    wait_for_notice(publisher, notices, "cannot use the certificate and key file " + *folder_ / "publisher.pem");
    EXPECT_THAT(notices, Contains(HasSubstr("; the TLS files that were read before stay in use")));
    Subscriber subscriber{{.sources = {dialled(publisher)}, .tls = files_of("subscriber")}};
    EXPECT_TRUE(hears(subscriber, publisher, kDeadline));
    run("rm publisher_ca.pem");
    wait_for_notice(publisher, notices, "cannot read the CA file");

    install("other_ca", "renewed", "publisher");
    wait_for_notice(publisher, notices, "the TLS files have changed: new connections use them");
    Subscriber renewed{{.sources = {dialled(publisher)}, .tls = files("stranger", "other_ca")}};
    EXPECT_TRUE(hears(renewed, publisher, kDeadline));
}

} // namespace
} // namespace peer_observer::bus
