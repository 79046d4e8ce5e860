#include "libs/base/hex.h"
#include "proto/options.pb.h"
#include "services/log-extractor/event_maker.h"
#include "services/log-extractor/table.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace peer_observer::log_extractor {
namespace {

using google::protobuf::FieldDescriptor;

const std::string kHash = "00000000000000000001b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607";

std::string with_hashes(std::string_view text)
{
    return std::regex_replace(std::string{text}, std::regex{"\\bH\\b"}, kHash);
}

/// Of a whole line.
proto::Log log_of(const std::string& line)
{
    EventMaker maker;
    return maker.make({.raw = line, .full_bytes = line.size()}, 1).log();
}

proto::Log log_of_message(std::string_view message) { return log_of("2026-01-02T03:04:05Z " + with_hashes(message)); }

std::string kind_of(const proto::Log& log)
{
    const auto* const arm = log.GetReflection()->GetOneofFieldDescriptor(log, proto::Log::descriptor()->oneof_decl(0));
    return arm == nullptr ? "" : std::string{arm->name()};
}

const google::protobuf::Message& content_of(const proto::Log& log)
{
    return log.GetReflection()->GetMessage(
        log, log.GetReflection()->GetOneofFieldDescriptor(log, proto::Log::descriptor()->oneof_decl(0)));
}

TEST(LogTable, MatchesEachExampleWithItsRow)
{
    for (std::size_t i = 0; i < table().size(); ++i) {
        const auto example = with_hashes(table()[i].example);
        EXPECT_EQ(kind_of(log_of_message(example)), table()[i].kind) << example;
        for (std::size_t j = 0; j <= i; ++j) {
            const auto* const arm = proto::Log::descriptor()->FindFieldByName(std::string{table()[j].kind});
            ASSERT_NE(arm, nullptr) << table()[j].kind;
            std::vector<Pattern::Capture> captures;
            EXPECT_EQ((Pattern{table()[j].pattern, *arm->message_type()}.match(example, captures)), j == i)
                << table()[j].pattern << "\n"
                << example;
        }
    }
}

TEST(LogTable, SetsFieldsOfThePatternOfEachExample)
{
    for (const auto& row : table()) {
        const auto log = log_of_message(row.example);
        const auto& content = content_of(log);
        const std::string pattern = std::regex_replace(std::string{row.pattern}, std::regex{R"(\[\[.*?\]\](\]\])?)"},
                                                       ""); // what may be missing
        const std::regex field{R"(\{(\w+)[*~!=}])"};
        for (std::sregex_iterator found{pattern.begin(), pattern.end(), field}, end; found != end; ++found) {
            const auto name = found->str(1);
            if (name == "_") continue;
            const auto* const descriptor = content.GetDescriptor()->FindFieldByName(name);
            ASSERT_NE(descriptor, nullptr) << name << " of " << row.pattern;
            EXPECT_TRUE(content.GetReflection()->HasField(content, descriptor)) << name << " of " << row.example;
        }
    }
}

TEST(LogTable, HasARowForEveryKind)
{
    std::set<std::string> kinds{"line", "warning", "error"};
    for (const auto& row : table())
        kinds.emplace(row.kind);
    for (int i = 0; i < proto::Log::descriptor()->field_count(); ++i) {
        const std::string name{proto::Log::descriptor()->field(i)->name()};
        EXPECT_TRUE(kinds.contains(name)) << name;
    }
}

TEST(LogTable, KeepsTheLineBesideItsFields)
{
    const std::string line =
        "2026-01-02T03:04:05.000001Z [scheduler] [validation] BlockChecked: block hash=" + kHash +
        " state=block-script-verify-flag-failed (Operation not valid with the current stack size), input 0 of " +
        kHash + ", at 1, 2 ";
    const auto log = log_of(line);
    ASSERT_TRUE(log.has_block_checked());
    const auto& checked = log.block_checked();
    EXPECT_EQ(checked.line().raw(), line);
    EXPECT_EQ(checked.line().thread(), "scheduler");
    EXPECT_EQ(checked.line().category(), "validation");
    EXPECT_TRUE(checked.line().raw().substr(checked.line().message_offset()).starts_with("BlockChecked: "));
    EXPECT_EQ(base::to_reversed_hex(checked.hash()), kHash);
    EXPECT_FALSE(checked.is_valid());
    EXPECT_EQ(checked.reject_reason(),
              "block-script-verify-flag-failed (Operation not valid with the current stack size)");
    EXPECT_EQ(checked.debug_message(), "input 0 of " + kHash + ", at 1, 2 ");
}

TEST(LogTable, ReadsEveryFieldOfUpdateTip)
{
    const auto tip = log_of_message("UpdateTip: new best=H height=931000 version=0x20c0e000 log2_work=95.812345 "
                                    "tx=1301234567 date='2026-01-02T03:03:58Z' "
                                    "progress=0.999998 cache=412.7MiB(3012345txo) warning='it's odd'")
                         .tip_updated();
    EXPECT_EQ(base::to_reversed_hex(tip.hash()), kHash);
    EXPECT_EQ(tip.height(), 931'000);
    EXPECT_EQ(tip.version_hex(), "20c0e000");
    EXPECT_EQ(tip.log2_work(), 95.812345);
    EXPECT_EQ(tip.transaction_count(), 1'301'234'567);
    EXPECT_EQ(tip.block_time(), "2026-01-02T03:03:58Z");
    EXPECT_EQ(tip.verification_progress(), 0.999998);
    EXPECT_EQ(tip.cache_mebibytes(), 412.7);
    EXPECT_EQ(tip.cache_coin_count(), 3'012'345);
    EXPECT_EQ(tip.warning(), "it's odd");
    EXPECT_FALSE(tip.is_background());
}

TEST(LogTable, ReadsWhatEarlierVersionsWrite)
{
    EXPECT_EQ(log_of_message("Saw new header hash=H height=5").header_seen().height(), 5);
    EXPECT_FALSE(log_of_message("Saw new header hash=H height=5").header_seen().has_peer_id());
    EXPECT_EQ(log_of_message("Saw new cmpctblock header hash=H peer=3").header_seen().peer_id(), 3);
    EXPECT_EQ(log_of_message("Initialized PartiallyDownloadedBlock for block H using a cmpctblock of size 77")
                  .compact_block_initialized()
                  .size_bytes(),
              77);
    const auto reconstructed = log_of_message("Successfully reconstructed block H with 1 txn prefilled, 5 txn from "
                                              "mempool (incl at least 2 from extra pool) and 3 txn requested")
                                   .compact_block_reconstructed();
    EXPECT_EQ(reconstructed.requested_count(), 3);
    EXPECT_FALSE(reconstructed.has_requested_bytes());
    EXPECT_EQ(
        log_of_message("socket closed, disconnecting peer=7 peeraddr=192.0.2.1:8333").peer_disconnected().address(),
        "192.0.2.1:8333");
}

TEST(LogTable, ReadsPeersWithAndWithoutAddresses)
{
    for (const std::string address :
         {"", ", peeraddr=192.0.2.4:8333", " peeraddr=[2001:db8::5]:8333", ", peeraddr=abc.onion:8333"}) {
        const auto gone =
            log_of_message("socket recv error, disconnecting peer=3" + address + ": Connection reset by peer (104)")
                .peer_disconnected();
        EXPECT_EQ(gone.peer_id(), 3);
        EXPECT_EQ(gone.address(), address.substr(address.find('=') + 1)) << address;
        EXPECT_EQ(gone.reason(), "socket recv error");
        EXPECT_EQ(gone.error(), "Connection reset by peer (104)");
    }
}

TEST(LogTable, TakesNothingElseForAnEventOfTheTable)
{
    for (const std::string_view message :
         {"BlockChecked: block hash=H", "BlockChecked: block hash=HH state=Valid",
          "Enqueuing BlockConnected: block hash=H block height=1",
          "BlockConnected: block hash=H block height=99999999999", "UpdateTip: new best=H height=x",
          "Misbehaving: peer=", "keeping outbound peer=3 chosen for eviction", "Removed 192.0.2.9:8333", ""})
        EXPECT_EQ(kind_of(log_of_message(message)), "line") << message;
}

TEST(LogTable, ReadsWarningsErrorsAndPrivateBroadcast)
{
    EXPECT_TRUE(log_of("2026-01-02T03:04:05Z [warning] anything").has_warning());
    EXPECT_TRUE(log_of("2026-01-02T03:04:05Z [net:error] anything").has_error());
    EXPECT_TRUE(log_of("2026-01-02T03:04:05Z [privatebroadcast] Connections needed but addrman keeps returning bad "
                       "addresses, will retry")
                    .has_private_broadcast());
    EXPECT_TRUE(log_of("2026-01-02T03:04:05Z [error] Cannot load block from disk, disconnecting peer=3")
                    .has_peer_disconnected());
}

TEST(LogTable, ReadsNothingFromContinuationsAndFromHugeLines)
{
    EventMaker maker;
    EXPECT_TRUE(maker.make({.raw = "Shutdown done", .is_continuation = true}, 1).log().has_line());
    const std::string huge = "2026-01-02T03:04:05Z Misbehaving: peer=1: " + std::string(100'000, ':');
    EXPECT_TRUE(maker.make({.raw = huge, .full_bytes = huge.size()}, 1).log().has_line());
}

TEST(LogTable, ClearsFieldsOfThePreviousEvent)
{
    EventMaker maker;
    const std::string first = "[*] 2026-01-02T03:04:05.000001Z (mocktime: 2026-01-02T03:04:05Z) [msghand] [a.cpp:1] "
                              "[f] [net:error] Misbehaving: peer=1: x";
    (void)maker.make({.raw = first, .offset = 7, .full_bytes = 1000}, 1);
    const auto& event = maker.make({.raw = "text"}, 2);
    ASSERT_TRUE(event.log().has_line());
    proto::LogLine expected;
    expected.set_level("info");
    expected.set_raw("text");
    EXPECT_EQ(event.log().line().SerializeAsString(), expected.SerializeAsString());
}

} // namespace
} // namespace peer_observer::log_extractor
