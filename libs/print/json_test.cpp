#include "libs/print/json.h"

#include "libs/base/hex.h"
#include "libs/print/display.h"
#include "libs/print/print_testing.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

namespace peer_observer::print {
namespace {

using google::protobuf::FieldDescriptor;
using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

std::string json(const proto::Event& event)
{
    std::string out;
    append_json(Origin{"alpha", UINT64_MAX, 42}, event, out);
    return out;
}

rapidjson::Document parse(const std::string& line)
{
    EXPECT_TRUE(line.ends_with('\n'));
    EXPECT_TRUE(std::ranges::all_of(line.substr(0, line.size() - 1), [](char c) { return c >= 0x20 && c <= 0x7f; }))
        << line;
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(line.c_str());
    EXPECT_FALSE(document.HasParseError()) << line;
    return document;
}

std::string string_at(const rapidjson::Value& object, const char* name)
{
    const auto member = object.FindMember(name);
    if (member == object.MemberEnd()) return "(absent)";
    return {member->value.GetString(), member->value.GetStringLength()};
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
              R"({"timestamp_ns":1740827045000001999,"node":"alpha","publisher":18446744073709551615,"sequence":42,)"
              R"("kind":"mempool.replaced","pid":9,"event":{)"
              R"("replaced_txid":"ff00000000000000000000000000000000000000000000000000000000000001",)"
              R"("replaced_vsize_vbytes":0,"replaced_fee_sat":-5,"replaced_entry_time_s":0,)"
              R"("replacement_package_hash":"0302","replacement_vsize_vbytes":0,"replacement_fee_sat":0}})"
              "\n");
}

TEST(Json, NestsAsTheMessagesDo)
{
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    message.mutable_payload()->mutable_ping()->set_nonce(UINT64_MAX);
    const auto document = parse(json(event));
    EXPECT_EQ(document["event"]["payload"]["ping"]["nonce"].GetUint64(), UINT64_MAX);
    message.mutable_payload()->mutable_ping()->clear_nonce();
    EXPECT_THAT(json(event), HasSubstr(R"("payload":{"ping":{}})"));
    message.clear_payload();
    EXPECT_THAT(json(event), Not(HasSubstr("payload")));
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
    EXPECT_EQ(string_at(parse(json(event))["event"], "network"), "I2P");
    event.mutable_connection()->mutable_inbound()->set_network(static_cast<proto::Network>(77));
    EXPECT_EQ(parse(json(event))["event"]["network"].GetInt(), 77);
}

TEST(Json, KeepsTheExactBytesOfTextThatIsNotUtf8)
{
    proto::Event event;
    const std::string hostile{"/\xff-\xed\xa0\x80\0\"\\\x1b/"s};
    event.mutable_mempool()->mutable_rejected()->set_reason(hostile); // a `string`, but shown in the same way
    const auto document = parse(json(event));
    EXPECT_EQ(string_at(document["event"], "reason"), "/\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\0\"\\\x1b/"s);
    EXPECT_EQ(string_at(document["event"], "reason_hex"), base::to_hex(hostile));

    event.mutable_mempool()->mutable_rejected()->set_reason("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    EXPECT_THAT(json(event), HasSubstr(R"("reason":"gr\u00FC\u00DF \uD83D\uDE00"})"));
}

/// Walks through a message and what was made of it.
void expect_same(const google::protobuf::Message& message, const rapidjson::Value& object)
{
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor* field = message.GetDescriptor()->field(i);
        const std::string name{field->name()};
        if (field->has_presence() && !reflection.HasField(message, field)) {
            EXPECT_FALSE(object.HasMember(name.c_str())) << name;
            continue;
        }
        ASSERT_TRUE(object.HasMember(name.c_str())) << name;
        const auto& value = object[name.c_str()];
        if (field->is_repeated()) {
            ASSERT_EQ(static_cast<int>(value.Size()), reflection.FieldSize(message, field)) << name;
            for (int j = 0;
                 field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && j < reflection.FieldSize(message, field); ++j)
                expect_same(reflection.GetRepeatedMessage(message, field, j),
                            value[static_cast<rapidjson::SizeType>(j)]);
            continue;
        }
        switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_MESSAGE:
            expect_same(reflection.GetMessage(message, field), value);
            break;
        case FieldDescriptor::CPPTYPE_STRING: {
            const auto bytes = reflection.GetString(message, field);
            const auto expected = display_of(*field) == proto::TEXT ? bytes
                                  : display_of(*field) == proto::HASH
                                      ? base::to_hex(std::string{bytes.rbegin(), bytes.rend()})
                                      : base::to_hex(bytes);
            EXPECT_EQ(std::string(value.GetString(), value.GetStringLength()), expected) << name;
            break;
        }
        case FieldDescriptor::CPPTYPE_BOOL:
            EXPECT_EQ(value.GetBool(), reflection.GetBool(message, field));
            break;
        case FieldDescriptor::CPPTYPE_INT32:
            EXPECT_EQ(value.GetInt(), reflection.GetInt32(message, field));
            break;
        case FieldDescriptor::CPPTYPE_INT64:
            EXPECT_EQ(value.GetInt64(), reflection.GetInt64(message, field));
            break;
        case FieldDescriptor::CPPTYPE_UINT32:
            EXPECT_EQ(value.GetUint(), reflection.GetUInt32(message, field));
            break;
        case FieldDescriptor::CPPTYPE_UINT64:
            EXPECT_EQ(value.GetUint64(), reflection.GetUInt64(message, field));
            break;
        case FieldDescriptor::CPPTYPE_ENUM:
            EXPECT_EQ(value.GetString(), reflection.GetEnum(message, field)->name());
            break;
        default:
            ADD_FAILURE() << "no check for the type of " << name;
        }
    }
}

TEST(Json, HasEveryFieldOfEveryKind)
{
    for (const auto& event : events_of_every_kind()) {
        const auto document = parse(json(event));
        EXPECT_EQ(string_at(document, "kind"), to_string(kind_of(event)));
        ASSERT_NO_FATAL_FAILURE(expect_same(*kind_of(event).content, document["event"])) << json(event);
    }
}

TEST(Json, IsValidForAnyBytes)
{
    std::mt19937 random{1};
    for (int round = 0; round < 50; ++round) {
        Filler filler{.items = 2};
        filler.bytes.resize(random() % 40);
        std::ranges::generate(filler.bytes, [&] { return static_cast<char>(random()); });
        filler.text = filler.bytes;
        for (const auto& event : events_of_every_kind(filler))
            ASSERT_TRUE(parse(json(event)).IsObject());
    }
}

TEST(Json, HasALineForMissedEvents)
{
    std::string out;
    append_json(Missed{"alpha", 7, 100, 12, 5}, out);
    EXPECT_EQ(out,
              R"({"timestamp_ns":5,"node":"alpha","publisher":7,"sequence":100,"kind":"missed","event":{"count":12}})"
              "\n");
}

TEST(Json, ShowsAnUnknownKindAsSuch)
{
    EXPECT_THAT(json(proto::Event{}), HasSubstr(R"("kind":"unknown","pid":0,"event":{}})"));
}

} // namespace
} // namespace peer_observer::print
