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

/// A selection by the options, of whole events.
struct Chosen {
    events::Selection selection;
    bool selects(const proto::Event& event) const
    {
        const auto bytes = event.SerializeAsString();
        return selection.selects(events::view_event(bytes));
    }
};

Chosen choose(const std::vector<std::string>& words) { return {read_selection(values_of(words), nullptr)}; }

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

TEST(PrintOptions, SelectEverythingUnlessSaidOtherwise) { EXPECT_TRUE(choose({}).selection.selects_all()); }

TEST(PrintOptions, SelectByEachAndMayBeRepeatedWhereTheySaySo)
{
    EXPECT_TRUE(choose({"--kind", "mempool", "--kind", "message"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(choose({"--kind", "mempool", "--kind", "connection"}).selects(message_event("inv", 1)));
    EXPECT_TRUE(choose({"--message-type", "tx", "--message-type", "inv"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(choose({"--message-type", "tx", "--message-type", "ping"}).selects(message_event("inv", 1)));
    EXPECT_TRUE(choose({"--peer", "2", "--peer", "1"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(choose({"--peer", "2", "--peer", "3"}).selects(message_event("inv", 1)));
    EXPECT_TRUE(choose({"--direction", "inbound"}).selects(message_event("inv", 1)));
    EXPECT_FALSE(choose({"--direction", "outbound"}).selects(message_event("inv", 1)));
}

TEST(PrintOptions, SelectByAddressAndProcess)
{
    auto event = message_event("inv", 1);
    event.set_pid(7);
    event.mutable_message()->mutable_inbound()->set_address("192.0.2.1:8333");
    EXPECT_TRUE(choose({"--address", "192.0.2.1", "--pid", "7"}).selects(event));
    EXPECT_FALSE(choose({"--address", "192.0.2.2"}).selects(event));
    EXPECT_FALSE(choose({"--pid", "8"}).selects(event));
}

TEST(PrintOptions, RefuseSelectionsThatPrintNothing)
{
    EXPECT_EQ(refusal([] { read_count(values_of({"--count", "0"})); }),
              "--count 0 would print nothing: give 1 or more");
    EXPECT_EQ(read_count(values_of({"--count", "1"})), 1U);
    EXPECT_EQ(read_count(values_of({})), kUnlimited);
    EXPECT_THAT(refusal([] { choose({"--kind", "connection", "--message-type", "version"}); }),
                HasSubstr("no event of the kind connection has a message type"));
}

TEST(PrintOptions, SelectWhatFitsAnyOfSeveralSelections)
{
    const auto chosen = choose({"--select", "kind=connection", "--select", "message_type=version|inv,peer=1"});
    EXPECT_TRUE(chosen.selects(message_event("inv", 1)));
    EXPECT_FALSE(chosen.selects(message_event("inv", 2)));
    EXPECT_FALSE(chosen.selects(message_event("tx", 1)));
    proto::Event connection;
    connection.mutable_connection()->mutable_closed();
    EXPECT_TRUE(chosen.selects(connection));
}

TEST(PrintOptions, EqualOneSelectionWithTheSameTerms)
{
    const auto options = choose({"--kind", "message", "--message-type", "inv", "--message-type", "tx", "--direction",
                                 "inbound", "--peer", "1", "--peer", "2", "--address", "192.0.2.1", "--pid", "7"});
    const auto selection =
        choose({"--select", "kind=message,message_type=inv|tx,direction=inbound,peer=1|2,address=192.0.2.1,pid=7"});
    EXPECT_EQ(options.selection.alternatives(), selection.selection.alternatives());
}

TEST(PrintOptions, RefuseBothWaysToSelectTogether)
{
    EXPECT_EQ(refusal([] { choose({"--select", "kind=message", "--peer", "3"}); }),
              "--select and --peer: give one or the other; what the options say, --select says as KEY=VALUE");
    EXPECT_EQ(refusal([] { choose({"--select", "kind"}); }),
              "--select: 'kind' is no term KEY=VALUE with the key kind, message_type, direction, peer, address, "
              "network, as, pid or hash");
    EXPECT_THAT(refusal([] { choose({"--select", "as=3"}); }), HasSubstr("needs --asmap"));
}

TEST(PrintOptions, RefuseUnknownKindsAndTypes)
{
    EXPECT_THAT(refusal([] { choose({"--kind", "mempol"}); }), HasSubstr("no kind of event is named 'mempol'"));
    EXPECT_EQ(refusal([] { choose({"--direction", "up"}); }), "a direction is inbound or outbound, not 'up'");
}

} // namespace
} // namespace peer_observer::print
