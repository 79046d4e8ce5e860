// Who does not belong gets nothing, both ends say why, and whoever belongs is not disturbed.
#include "libs/bus/testing/raw_socket.h"
#include "libs/bus/testing/tls.h"

#include <gmock/gmock.h>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kNoHandshakeAtTool = ": TLS handshake ";
constexpr auto kNoHandshakeAtPublisher = "TLS handshake failed";

/// Publishes until all is said.
class Scene {
public:
    explicit Scene(const PublisherOptions& options) : publisher_{options}
    {
        publisher_.on_notice([this](const Notice& notice) { at_publisher_.push_back(notice.text); });
    }

    const Publisher& publisher() const { return publisher_; }

    /// A tool that must be served nothing. It is told so, and so is the publisher.
    void refuse(const SubscriberOptions& options, const std::string& at_tool, const std::string& at_publisher)
    {
        Subscriber tool{options};
        std::vector<std::string> warnings;
        tool.on_notice([&](const Notice& notice) {
            if (notice.is_warning) warnings.push_back(notice.text);
        });
        wait_for("both ends' warnings", [&] {
            publish();
            EXPECT_FALSE(tool.receive(0ms));
            return !warnings.empty() && !at_publisher_.empty();
        });
        EXPECT_THAT(warnings,
                    Contains(AllOf(StartsWith("source " + options.sources.at(0) + ": "), HasSubstr(at_tool))));
        EXPECT_THAT(at_publisher_, Contains(HasSubstr(at_publisher)));
        EXPECT_THAT(at_publisher_, Contains(HasSubstr("127.0.0.1:")));
        EXPECT_GE(publisher_.statistics().refused_connections, 1U);
        EXPECT_EQ(tool.statistics().batches, 0U);
        EXPECT_EQ(tool.statistics().connected_sources, 0U);
    }

    void publish()
    {
        EXPECT_TRUE(publisher_.add(make_event(published_++)));
        publisher_.flush();
    }

    /// Whether a tool that belongs got every event, and gets more.
    void expect_served(Subscriber& tool)
    {
        publish();
        std::uint64_t expected = 0;
        while (expected < published_) {
            const auto batch = next_events(tool);
            ASSERT_TRUE(batch);
            ASSERT_EQ(batch->first_sequence, expected);
            expected += batch->event_count;
        }
        EXPECT_EQ(tool.statistics().missed_events, 0U);
    }

    const std::vector<std::string>& at_publisher() const { return at_publisher_; }

private:
    Publisher publisher_;
    std::vector<std::string> at_publisher_;
    std::uint64_t published_ = 0;
};

class TlsRefusal : public TlsTest {
protected:
    static PublisherOptions publishing(const std::string& certificate, const std::string& ca = "ca")
    {
        return {.url = "tls+tcp://127.0.0.1:0", .node = "alice", .tls = files(certificate, ca)};
    }
    static SubscriberOptions dialling(const Scene& scene, const std::string& certificate, const std::string& ca = "ca")
    {
        return {.sources = {dialled(scene.publisher())}, .tls = files(certificate, ca)};
    }
    static std::string port(const Publisher& publisher) { return publisher.url().substr(publisher.url().rfind(':')); }
};

TEST_F(TlsRefusal, LeavesOtherToolsWithAllEvents)
{
    for (const std::string certificate : {"stranger", "expired"}) {
        Scene scene{publishing("server")};
        Subscriber right{dialling(scene, "client")};
        wait_for_subscribers(scene.publisher(), 1);
        scene.refuse(dialling(scene, certificate), kNoHandshakeAtTool, kNoHandshakeAtPublisher);
        scene.expect_served(right);
    }
}

TEST_F(TlsRefusal, NamesToolWithoutCertificate)
{
    Scene scene{publishing("server")};
    Subscriber right{dialling(scene, "client")};
    wait_for_subscribers(scene.publisher(), 1);
    run("openssl s_client -CAfile ca.pem -connect 127.0.0.1" + port(scene.publisher()) +
        " < /dev/null > /dev/null || true");
    wait_for("the publisher's warning", [&] {
        scene.publish();
        return !scene.at_publisher().empty();
    });
    EXPECT_THAT(scene.at_publisher()[0], HasSubstr(kNoHandshakeAtPublisher));
    scene.expect_served(right);
}

TEST_F(TlsRefusal, NamesPlainTool)
{
    Scene scene{publishing("server")};
    Subscriber right{dialling(scene, "client")};
    wait_for_subscribers(scene.publisher(), 1);
    scene.refuse({.sources = {"tcp://127.0.0.1" + port(scene.publisher())}}, "", kNoHandshakeAtPublisher);
    scene.expect_served(right);
}

/// What a publisher does that has no room: no alert of TLS comes first.
TEST_F(TlsRefusal, DoesNotBlameCertificateOfPublisherThatHangsUp)
{
    const auto [listener, port] = listen_raw();
    Subscriber tool{{.sources = {"tls+tcp://localhost:" + std::to_string(port)}, .tls = files("client")}};
    std::vector<std::string> warnings;
    tool.on_notice([&](const Notice& notice) {
        if (notice.is_warning) warnings.push_back(notice.text);
    });
    RawSocket{accept(listener.get(), nullptr, nullptr)};
    wait_for("the warning", [&] {
        EXPECT_FALSE(tool.receive(1ms));
        return !warnings.empty();
    });
    EXPECT_THAT(warnings[0], HasSubstr("TLS handshake cut off"));
    EXPECT_THAT(warnings[0], HasSubstr("no room for another connection"));
}

TEST_F(TlsRefusal, NamesPublisher)
{
    for (const std::string certificate : {"stranger", "expired", "elsewhere"}) {
        Scene scene{publishing(certificate)};
        scene.refuse(dialling(scene, "client"), kNoHandshakeAtTool, kNoHandshakeAtPublisher);
    }
}

TEST_F(TlsRefusal, NamesPlainPublisher)
{
    Scene scene{{.url = kAnyPort, .node = "alice"}};
    Subscriber right{{.sources = {scene.publisher().url()}}};
    wait_for_subscribers(scene.publisher(), 1);
    scene.refuse(dialling(scene, "client"), kNoHandshakeAtTool, "not an nng SUB socket");
    scene.expect_served(right);
}

TEST_F(TlsRefusal, IsToldOnceAMinute)
{
    Scene scene{publishing("server")};
    const Subscriber stranger{dialling(scene, "stranger")};
    wait_for("some refusals", [&] {
        scene.publish();
        return scene.publisher().statistics().refused_connections >= 4;
    });
    EXPECT_EQ(scene.at_publisher().size(), 1U);
}

} // namespace
} // namespace peer_observer::bus
