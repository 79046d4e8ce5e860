#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/testing/log.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;
using ::testing::ElementsAre;
using ::testing::StartsWith;

po::variables_map parse(const po::options_description& options, const std::vector<std::string>& words)
{
    po::variables_map values;
    po::store(po::command_line_parser(words).options(options).run(), values);
    return values;
}

bus::SubscriberOptions subscriber(const std::vector<std::string>& words)
{
    return read_subscriber_options(parse(subscriber_options(), words));
}

bus::PublisherOptions publisher(const std::vector<std::string>& words)
{
    return read_publisher_options(parse(publisher_options(), words));
}

TEST(SubscriberOptions, DialTheDefaultPublisher)
{
    EXPECT_THAT(subscriber({}).sources, ElementsAre("tcp://127.0.0.1:9331"));
    EXPECT_THAT(subscriber({}).nodes, ElementsAre());
    EXPECT_FALSE(subscriber({}).tls);
}

TEST(SubscriberOptions, TakeManySourcesAndNodes)
{
    const auto options = subscriber({"--source", "tcp://a:1", "--source", "ipc:///b", "--node", "x", "--node", "y"});
    EXPECT_THAT(options.sources, ElementsAre("tcp://a:1", "ipc:///b"));
    EXPECT_THAT(options.nodes, ElementsAre("x", "y"));
}

TEST(PublisherOptions, ListenOnLoopbackAndAreNamedAfterTheHost)
{
    std::array<char, 256> name{};
    ASSERT_EQ(gethostname(name.data(), name.size()), 0);
    EXPECT_EQ(publisher({}).url, "tcp://127.0.0.1:9331");
    EXPECT_EQ(publisher({}).node, name.data());
    EXPECT_EQ(publisher({"--node", "alpha"}).node, "alpha");
}

TEST(TlsOptions, GoWithTlsUrlsOnly)
{
    const std::vector<std::string> files{"--tls-ca-file", "ca.pem", "--tls-cert-key-file", "me.pem"};
    const auto with = [&](std::vector<std::string> words) {
        words.insert(words.end(), files.begin(), files.end());
        return words;
    };
    EXPECT_EQ(subscriber(with({"--source", "tls+tcp://a:1"})).tls->ca_file, "ca.pem");
    EXPECT_EQ(publisher(with({"--listen", "tls+tcp://a:1"})).tls->cert_key_file, "me.pem");
    EXPECT_THROW(subscriber(with({})), UsageError);
    EXPECT_THROW(publisher(with({})), UsageError);
    EXPECT_THROW(subscriber({"--source", "tls+tcp://a:1"}), UsageError);
    EXPECT_THROW(publisher({"--listen", "tls+tcp://a:1", "--tls-ca-file", "ca.pem"}), UsageError);
}

TEST(BusOptions, WarnOfPlainTcpBeyondThisHost)
{
    const testing::CapturedLog log;
    subscriber({"--source", "tcp://192.0.2.1:1", "--source", "tcp://127.0.0.1:2"});
    publisher({"--listen", "tcp://0.0.0.0:3"});
    publisher({});
    EXPECT_THAT(log.warnings(),
                ElementsAre(StartsWith("tcp://192.0.2.1:1 is plain TCP"), StartsWith("tcp://0.0.0.0:3 is plain TCP")));
}

} // namespace
} // namespace peer_observer::app
