#include "libs/app/app.h"
#include "libs/print/options.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::print {
namespace {

namespace po = boost::program_options;
using testing::HasSubstr;

po::variables_map values_of(const std::vector<std::string>& words)
{
    po::options_description options;
    add_options(options);
    po::variables_map values;
    po::store(po::command_line_parser(words).options(options).run(), values);
    return values;
}

Format format(const std::vector<std::string>& words) { return read_format(values_of(words)); }

Filter filter(const std::vector<std::string>& words) { return read_filter(values_of(words), nullptr); }

proto::Event message_event(const std::string& type, std::int64_t peer)
{
    proto::Event event;
    event.mutable_message()->mutable_inbound()->set_message_type(type);
    event.mutable_message()->mutable_inbound()->set_peer_id(peer);
    return event;
}

/// What throws app::UsageError says so.
template <typename Read>
std::string refusal(Read read)
{
    try {
        read();
    } catch (const app::UsageError& error) {
        return error.what();
    }
    return "none";
}

TEST(PrintOptions, ChooseTextUnlessSaidOtherwise)
{
    EXPECT_EQ(format({}), Format::text);
    EXPECT_EQ(format({"--format", "text"}), Format::text);
    EXPECT_EQ(format({"--format", "json"}), Format::json);
    EXPECT_EQ(format({"--format", "protobuf"}), Format::protobuf);
    EXPECT_EQ(refusal([] { format({"--format", "xml"}); }), "--format takes text, json or protobuf, not 'xml'");
}

TEST(PrintOptions, SelectEverythingUnlessSaidOtherwise) { EXPECT_TRUE(filter({}).selects_all()); }

TEST(PrintOptions, SelectByEachAndMayBeRepeatedWhereTheySaySo)
{
    EXPECT_TRUE(filter({"--kind", "mempool", "--kind", "message"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(filter({"--kind", "mempool", "--kind", "connection"}).selects(message_event("inv", 1)));
    EXPECT_TRUE(filter({"--message-type", "tx", "--message-type", "inv"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(filter({"--message-type", "tx", "--message-type", "ping"}).selects(message_event("inv", 1)));
    EXPECT_TRUE(filter({"--peer", "2", "--peer", "1"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(filter({"--peer", "2", "--peer", "3"}).selects(message_event("inv", 1)));
    EXPECT_TRUE(filter({"--direction", "inbound"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(filter({"--direction", "outbound"}).selects(message_event("inv", 1)));
}

TEST(PrintOptions, SelectByAddressAndProcess)
{
    auto event = message_event("inv", 1);
    event.set_pid(7);
    event.mutable_message()->mutable_inbound()->set_address("192.0.2.1:8333");
    EXPECT_TRUE(filter({"--address", "192.0.2.1", "--pid", "7"}).selects(event));
    EXPECT_FALSE(filter({"--address", "192.0.2.2"}).selects(event));
    EXPECT_FALSE(filter({"--pid", "8"}).selects(event));
}

TEST(PrintOptions, RefuseSelectionsThatPrintNothing)
{
    EXPECT_EQ(refusal([] { read_count(values_of({"--count", "0"})); }),
              "--count 0 would print nothing: give 1 or more");
    EXPECT_EQ(read_count(values_of({"--count", "1"})), 1U);
    EXPECT_EQ(read_count(values_of({})), kUnlimited);
    EXPECT_THAT(refusal([] { filter({"--kind", "connection", "--message-type", "version"}); }),
                HasSubstr("no event of the kind connection has a message type"));
}

TEST(PrintOptions, RefuseUnknownKindsAndTypes)
{
    EXPECT_THAT(refusal([] { filter({"--kind", "mempol"}); }), HasSubstr("no kind of event is named 'mempol'"));
    EXPECT_EQ(refusal([] { filter({"--direction", "up"}); }), "a direction is inbound or outbound, not 'up'");
}

} // namespace
} // namespace peer_observer::print
