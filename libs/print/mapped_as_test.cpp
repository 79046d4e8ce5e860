// --asmap, --asmap-names and --as: what is printed, and what is selected.
#include "libs/app/app.h"
#include "libs/asmap/asmap_testing.h"
#include "libs/asmap/options.h"
#include "libs/print/json.h"
#include "libs/print/options.h"
#include "libs/print/testing/json.h"
#include "libs/print/text.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace peer_observer::print {
namespace {

using testing::HasSubstr;
using testing::Not;

/// IPv4 is AS 4, all else AS 6.
std::string asmap_bytes() { return asmap::AsmapWriter{}.add_default(6).add_ipv4_prefix().add_return(4).file(); }

const std::shared_ptr<const asmap::AutonomousSystems> kSystems = asmap::systems_of_file(asmap_bytes());

proto::Event message_from(const std::string& address)
{
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    message.set_address(address);
    auto& addresses = *message.mutable_payload()->mutable_addr();
    addresses.add_addresses()->set_address("2a00:1450::1");
    addresses.add_addresses()->set_address("10.0.0.1");
    return event;
}

TEST(MappedAs, StandsBehindEachAddressInText)
{
    const auto event = message_from("8.8.8.8:8333");
    std::string out;
    append_text({"alpha", 7, 42}, event, false, out, kSystems.get());
    EXPECT_THAT(out, HasSubstr(" address=8.8.8.8:8333 mapped_as=4 "));
    EXPECT_THAT(out, HasSubstr(" address=2a00:1450::1 mapped_as=6 "));
    EXPECT_THAT(out, HasSubstr(" address=10.0.0.1 port"));
    out.clear();
    append_text({"alpha", 7, 42}, event, false, out);
    EXPECT_THAT(out, Not(HasSubstr("mapped_as")));
}

TEST(MappedAs, StandsBehindEachAddressInJson)
{
    std::string out;
    append_json({"alpha", 7, 42}, message_from("[2a00:1450::2]:8333"), out, kSystems.get());
    auto json = flatten(out);
    EXPECT_EQ(json["event.mapped_as"], "6");
    EXPECT_EQ(json["event.payload.addr.addresses.0.mapped_as"], "6");
    EXPECT_FALSE(json.contains("event.payload.addr.addresses.1.mapped_as"));
}

/// As an answer to getrawaddrman of a node with -asmap does, and an anomaly: there is one value, the event's.
TEST(MappedAs, IsNotSaidTwice)
{
    for (const bool says_itself : {false, true}) {
        proto::Event event;
        auto& peer = *event.mutable_anomaly()->mutable_opened()->add_nodes()->add_peers();
        peer.set_address("8.8.8.8:8333");
        if (says_itself) peer.set_mapped_as(9);
        std::string json;
        append_json({"alpha", 7, 42}, event, json, kSystems.get());
        EXPECT_EQ(flatten(json)["event.nodes.0.peers.0.mapped_as"], says_itself ? "9" : "4");
        const auto first = json.find("mapped_as");
        EXPECT_EQ(json.find("mapped_as", first + 1), std::string::npos) << json;
    }
}

bool selects(const events::Selection& selection, const proto::Event& event)
{
    const auto bytes = event.SerializeAsString();
    return selection.selects(events::view_event(bytes));
}

TEST(MappedAs, Selects)
{
    const events::Selection of_ipv4{{{.ases = {9, 4}}}, asmap::finder(kSystems)};
    EXPECT_TRUE(selects(of_ipv4, message_from("8.8.8.8:8333")));
    EXPECT_FALSE(selects(of_ipv4, message_from("[2a00:1450::1]:8333")));
    EXPECT_FALSE(selects(of_ipv4, message_from("10.0.0.1:8333")));
    EXPECT_FALSE(selects(of_ipv4, message_from("name.onion:8333")));
    proto::Event without_address;
    without_address.mutable_mempool()->mutable_rejected();
    EXPECT_FALSE(selects(of_ipv4, without_address));
}

TEST(MappedAs, HasOptions)
{
    const auto values_of = [](const std::vector<std::string>& words) {
        boost::program_options::options_description options;
        add_options(options);
        boost::program_options::variables_map values;
        boost::program_options::store(boost::program_options::command_line_parser{words}.options(options).run(),
                                      values);
        return values;
    };
    EXPECT_EQ(asmap::read(values_of({})), nullptr);
    EXPECT_THROW(asmap::read(values_of({"--asmap-names", "names"})), app::UsageError);
    EXPECT_THROW(asmap::read(values_of({"--asmap", "/nowhere"})), std::runtime_error);
    const auto file = testing::TempDir() + "mapped_as_test." + std::to_string(getpid());
    std::ofstream{file, std::ios::binary} << asmap_bytes();
    const auto values = values_of({"--asmap", file, "--as", "4"});
    EXPECT_TRUE(selects(read_selection(values, asmap::read(values)), message_from("8.8.8.8:8333")));
    EXPECT_THROW(read_selection(values, nullptr), app::UsageError);
    EXPECT_THROW(read_selection(values_of({"--as", "0"}), kSystems), app::UsageError);
    std::filesystem::remove(file);
}

} // namespace
} // namespace peer_observer::print
