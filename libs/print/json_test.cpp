#include "libs/base/hex.h"
#include "libs/events/testing/every_kind.h"
#include "libs/print/display.h"
#include "libs/print/json.h"
#include "libs/print/testing/json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace peer_observer::print {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

std::string json(const proto::Event& event)
{
    std::string out;
    append_json(Origin{"alpha", UINT64_MAX, 42}, event, out);
    return out;
}

FlatJson parse(const std::string& line)
{
    EXPECT_TRUE(line.ends_with('\n'));
    EXPECT_TRUE(std::ranges::all_of(line.substr(0, line.size() - 1), [](char c) { return c >= 0x20 && c <= 0x7f; }));
    return flatten(line);
}

TEST(Json, HasTheEnvelopeAndTheFields)
{
    proto::Event event;
    event.set_timestamp_ns(1'740'827'045'000'001'999);
    event.set_pid(9);
    auto& content = *event.mutable_mempool()->mutable_replaced();
    content.set_replaced_txid(std::string("\x01", 1) + std::string(30, '\0') + "\xff");
    content.set_replaced_fee_sat(-5);
    content.set_replacement_package_hash("\x02\x03");
    EXPECT_EQ(json(event),
              R"({"timestamp_ns":1740827045000001999,"node":"alpha","publisher":"ffffffffffffffff","sequence":42,)"
              R"("kind":"mempool.replaced","pid":9,"event":{)"
              R"("replaced_txid":"ff00000000000000000000000000000000000000000000000000000000000001",)"
              R"("replaced_vsize_vbytes":0,"replaced_fee_sat":-5,"replaced_entry_time_s":0,)"
              R"("replacement_package_hash":"0302","replacement_vsize_vbytes":0,"replacement_fee_sat":0}})"
              "\n");
}

TEST(Json, ShowsAMapAsAnObject)
{
    proto::Event event;
    auto& peer = *event.mutable_rpc()->mutable_getpeerinfo()->add_peers();
    (*peer.mutable_bytesrecv_per_msg())["*other*"] = 7;
    (*event.mutable_rpc()->mutable_getpeerinfo()->add_peers()->mutable_bytessent_per_msg())["\"\n"] = 8;
    EXPECT_EQ(parse(json(event)).at("event.peers.0.bytesrecv_per_msg.*other*"), "7");
    EXPECT_EQ(parse(json(event)).at("event.peers.1.bytessent_per_msg.\"\n"), "8");
    EXPECT_EQ(parse(json(event)).at("event.peers.1.bytesrecv_per_msg"), "{}");
}

TEST(Json, NestsAsTheMessagesDo)
{
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    message.mutable_payload()->mutable_ping()->set_nonce(UINT64_MAX);
    EXPECT_EQ(parse(json(event)).at("event.payload.ping.nonce"), "ffffffffffffffff");
    message.mutable_payload()->mutable_ping()->clear_nonce();
    EXPECT_THAT(json(event), HasSubstr(R"("payload":{"ping":{}})"));
    message.clear_payload();
    EXPECT_THAT(json(event), Not(HasSubstr("payload")));
}

TEST(Json, ShowsNumbersThatNobodyCountsWithAsHexText)
{
    proto::Event event;
    auto& compact = *event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_cmpctblock();
    compact.set_nonce((1ULL << 53U) + 1); // what jq 1.6 would round
    compact.add_short_ids(0xab);
    compact.mutable_header()->set_nonce(7);
    const auto document = parse(json(event));
    EXPECT_EQ(document.at("event.payload.cmpctblock.nonce"), "0020000000000001");
    EXPECT_EQ(document.at("event.payload.cmpctblock.short_ids.0"), "00000000000000ab");
    EXPECT_EQ(document.at("event.payload.cmpctblock.header.nonce"), "7") << "32 bits";
    EXPECT_THAT(json(event), HasSubstr(R"("nonce":"0020000000000001")")) << "as a string";
}

TEST(Json, LeavesOutWhatIsAbsent)
{
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    auto& address = *message.mutable_payload()->mutable_addr()->add_addresses();
    for (const char* name : {"decode_error", "raw", "unknown_", "ignored", "truncated", "process_start_ms"})
        EXPECT_THAT(json(event), Not(HasSubstr(name)));
    message.set_decode_error("");
    message.set_raw("");
    address.set_unknown_network_id(0);
    EXPECT_THAT(json(event), HasSubstr(R"("unknown_network_id":0)"));
    EXPECT_THAT(json(event), HasSubstr(R"("decode_error":"","raw":"")")) << "empty is not absent";
}

TEST(Json, ShowsTheStartOfTheProcessBesideItsPid)
{
    proto::Event event;
    event.set_pid(9);
    event.set_process_start_ms(12);
    EXPECT_THAT(json(event), HasSubstr(R"("pid":9,"process_start_ms":12,"event":{)"));
}

TEST(Json, ShowsUnreadableArgumentsOnlyWhereThereAreAny)
{
    proto::Event event;
    event.mutable_mempool()->mutable_rejected();
    EXPECT_THAT(json(event), Not(HasSubstr("unreadable_arguments")));
    event.add_unreadable_arguments(2);
    EXPECT_THAT(json(event), HasSubstr(R"("pid":0,"unreadable_arguments":[2],"event":{)"));
}

TEST(Json, ShowsAnEnumWithoutANameAsItsNumber)
{
    proto::Event event;
    event.mutable_connection()->mutable_inbound()->set_network(proto::I2P);
    EXPECT_EQ(parse(json(event)).at("event.network"), "I2P");
    event.mutable_connection()->mutable_inbound()->set_network(static_cast<proto::Network>(77));
    EXPECT_EQ(parse(json(event)).at("event.network"), "77");
}

TEST(Json, KeepsTheExactBytesOfTextThatIsNotUtf8)
{
    proto::Event event;
    const std::string hostile{"/\xff-\xed\xa0\x80\0\"\\\x1b/"s};
    event.mutable_mempool()->mutable_rejected()->set_reason(hostile); // a `string`, but shown in the same way
    const auto document = parse(json(event));
    EXPECT_EQ(document.at("event.reason"), "/\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\0\"\\\x1b/"s);
    EXPECT_EQ(document.at("event.reason_hex"), base::to_hex(hostile));

    event.mutable_mempool()->mutable_rejected()->set_reason("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    EXPECT_THAT(json(event), HasSubstr(R"("reason":"gr\u00fc\u00df \ud83d\ude00"})"));
}

std::string expected_bytes(const FieldDescriptor& field, const std::string& bytes)
{
    if (display_of(field) == proto::TEXT) return bytes;
    return display_of(field) == proto::HASH ? base::to_reversed_hex(bytes) : base::to_hex(bytes);
}

/// What there should be for item `index` of a list, or for the field's only value where `index` is negative.
std::string expected_value(const Message& message, const FieldDescriptor& field, int index)
{
    const auto& reflection = *message.GetReflection();
    const auto get = [&](auto single, auto repeated) {
        return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
    };
    using R = google::protobuf::Reflection;
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
        return expected_bytes(field, get(&R::GetString, &R::GetRepeatedString));
    case FieldDescriptor::CPPTYPE_BOOL:
        return get(&R::GetBool, &R::GetRepeatedBool) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
        return std::to_string(get(&R::GetInt32, &R::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
        return std::to_string(get(&R::GetInt64, &R::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
        return std::to_string(get(&R::GetUInt32, &R::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64: {
        const auto number = get(&R::GetUInt64, &R::GetRepeatedUInt64);
        return display_of(field) == proto::HEX_NUMBER ? fmt::format("{:016x}", number) : std::to_string(number);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
        return std::string{get(&R::GetEnum, &R::GetRepeatedEnum)->name()};
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return fmt::format("{}", get(&R::GetDouble, &R::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_MESSAGE:
        return "{}";
    default:
        throw std::runtime_error{"this test does not know the type of " + std::string{field.name()}};
    }
}

void expect_message(const Message& message, const std::string& path, FlatJson& expected)
{
    const auto& reflection = *message.GetReflection();
    const auto expect = [&](const FieldDescriptor& field, int index, const std::string& at) {
        expected[at] = expected_value(message, field, index);
        if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
        expect_message(index < 0 ? reflection.GetMessage(message, &field)
                                 : reflection.GetRepeatedMessage(message, &field, index),
                       at + ".", expected);
    };
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor& field = *message.GetDescriptor()->field(i);
        const auto at = path + std::string{field.name()};
        if (field.is_map()) {
            expected[at] = "{}";
            const auto& entry = reflection.GetRepeatedMessage(message, &field, 0); // the only one
            const auto& value = *field.message_type()->map_value();
            const auto place = at + "." + expected_value(entry, *field.message_type()->map_key(), -1);
            expected[place] = expected_value(entry, value, -1);
            if (value.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
                expect_message(entry.GetReflection()->GetMessage(entry, &value), place + ".", expected);
        } else if (field.is_repeated()) {
            expected[at] = "[]";
            for (int j = 0; j < reflection.FieldSize(message, &field); ++j)
                expect(field, j, at + "." + std::to_string(j));
        } else if (!field.has_presence() || reflection.HasField(message, &field)) {
            expect(field, -1, at);
        }
    }
}

TEST(Json, HasEveryFieldOfEveryKindAndNothingElse)
{
    for (const auto& event : events::events_of_every_kind()) {
        FlatJson expected{{"", "{}"},         {"timestamp_ns", std::to_string(event.timestamp_ns())},
                          {"node", "alpha"},  {"publisher", "ffffffffffffffff"},
                          {"sequence", "42"}, {"kind", to_string(events::kind_of(event))},
                          {"pid", "4242"},    {"event", "{}"}};
        expect_message(*events::kind_of(event).content, "event.", expected);
        EXPECT_EQ(parse(json(event)), expected);
    }
}

TEST(Json, IsValidForAnyBytes)
{
    std::mt19937 random{1};
    for (int round = 0; round < 50; ++round) {
        events::Filler filler{.items = 2};
        filler.bytes.resize(random() % 40);
        std::ranges::generate(filler.bytes, [&] { return static_cast<char>(random()); });
        filler.text = filler.bytes;
        for (const auto& event : events::events_of_every_kind(filler))
            ASSERT_EQ(parse(json(event)).at("kind"), to_string(events::kind_of(event)));
    }
}

TEST(Json, HasALineForMissedEvents)
{
    std::string out;
    append_json(Missed{"alpha", 7, 100, 12, 5}, out);
    EXPECT_EQ(
        out,
        R"({"timestamp_ns":5,"node":"alpha","publisher":"0000000000000007","sequence":100,"kind":"missed","event":{"count":12}})"
        "\n");
}

TEST(Json, HasALineForAnUnknownNumberOfMissedEvents)
{
    std::string out;
    append_json(Missed{"alpha", 7, 100, std::nullopt, 5}, out);
    EXPECT_THAT(out, HasSubstr(R"("kind":"missed","event":{"count":null}})"));
}

TEST(Json, ShowsAnUnknownKindAsSuch)
{
    EXPECT_THAT(json(proto::Event{}), HasSubstr(R"("kind":"unknown","pid":0,"event":{}})"));
}

} // namespace
} // namespace peer_observer::print
