// Runs every file of testdata/: a payload, and the PeerMessage that must come of it.
#include "libs/wire/message_table.h"
#include "libs/wire/testing/decoding.h"
#include "proto/message.pb.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace peer_observer::wire {
namespace {

using google::protobuf::util::MessageDifferencer;

proto::PeerMessage parse(const std::string& text)
{
    proto::PeerMessage message;
    if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
        throw std::runtime_error{"not a PeerMessage: " + text};
    }
    return message;
}

test::Testdata read(const std::string& name) { return test::read_testdata(WIRE_TESTDATA "/" + name + ".txt"); }

std::vector<std::string> all_names()
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{WIRE_TESTDATA}) {
        names.push_back(entry.path().stem());
    }
    std::ranges::sort(names);
    return names;
}

/// Whatever the payload is: an error leaves `out` alone, and anything else is a message of the right kind, not much
/// larger than the payload.
void expect_error_or_message(std::string_view type, std::string_view payload)
{
    for (const auto detail : {TxDetail::counts, TxDetail::ids, TxDetail::full, TxDetail::raw}) {
        std::string out = "before";
        const auto trailing = test::decode(type, payload, out, detail);
        ASSERT_TRUE(out.starts_with("before"));
        if (!trailing) {
            ASSERT_EQ(out, "before");
            ASSERT_FALSE(trailing.error().reason.empty());
            ASSERT_LE(trailing.error().offset, payload.size());
            continue;
        }
        ASSERT_LE(trailing->trailing_bytes, payload.size());
        ASSERT_LE(out.size(), 5 * payload.size() + 512);
        proto::MessagePayload message;
        ASSERT_TRUE(message.ParseFromString(out.substr(6)));
        const auto* arm = proto::MessagePayload::descriptor()->FindFieldByNumber(message.payload_case());
        ASSERT_NE(arm, nullptr);
        ASSERT_EQ(arm->name(), type);
        ASSERT_TRUE(message.GetReflection()->GetUnknownFields(message).empty());
    }
}

class Testdata : public testing::TestWithParam<std::string> {
protected:
    const test::Testdata data_ = read(GetParam());
    const std::string& payload_ = data_.payload;
    const proto::PeerMessage expected_ = parse(data_.expected);
};

TEST_P(Testdata, IsDecodedAsExpected)
{
    proto::PeerMessage message;
    message.set_message_type(expected_.message_type());
    std::string out;
    if (const auto trailing = test::decode(expected_.message_type(), payload_, out)) {
        if (trailing->trailing_bytes > 0) message.set_trailing_bytes(trailing->trailing_bytes);
        ASSERT_TRUE(message.mutable_payload()->ParseFromString(out));
    } else {
        message.set_decode_error(std::string{trailing.error().reason});
    }
    MessageDifferencer differencer;
    std::string differences;
    differencer.ReportDifferencesToString(&differences);
    EXPECT_TRUE(differencer.Compare(expected_, message)) << differences;
}

TEST_P(Testdata, DecodesToErrorOrMessageWhenCutAnywhere)
{
    for (std::size_t size = 0; size < payload_.size(); ++size) {
        SCOPED_TRACE(size);
        // A copy of just that size, so that the address sanitizer sees a read past the end.
        const std::vector<char> cut{payload_.begin(), payload_.begin() + static_cast<std::ptrdiff_t>(size)};
        expect_error_or_message(expected_.message_type(), {cut.data(), cut.size()});
        if (HasFatalFailure()) return;
    }
}

TEST_P(Testdata, DecodesToErrorOrMessageWithAnyByteChanged)
{
    auto changed = payload_;
    for (std::size_t i = 0; i < changed.size(); ++i) {
        SCOPED_TRACE(i);
        for (const char value : {'\x00', '\x01', '\xfc', '\xfd', '\xfe', '\xff', static_cast<char>(~payload_[i])}) {
            changed[i] = value;
            expect_error_or_message(expected_.message_type(), changed);
            if (HasFatalFailure()) return;
        }
        changed[i] = payload_[i];
    }
}

INSTANTIATE_TEST_SUITE_P(, Testdata, testing::ValuesIn(all_names()), [](const auto& test) { return test.param; });

TEST(MessageTable, NamesEveryArmOfThePayloadAfterItsMessageType)
{
    std::set<std::string_view> arms;
    const auto* payload = proto::MessagePayload::descriptor();
    for (int i = 0; i < payload->field_count(); ++i)
        arms.insert(payload->field(i)->name());
    std::set<std::string_view> names;
    for (const auto& type : kMessageTypes) {
        names.insert(type.name);
        const auto* arm = payload->FindFieldByNumber(static_cast<int>(type.field));
        ASSERT_NE(arm, nullptr) << type.name;
        EXPECT_EQ(arm->name(), type.name);
    }
    EXPECT_EQ(names, arms);
}

TEST(MessageTable, HasTestdataForEveryMessageType)
{
    std::set<std::string> types;
    for (const auto& name : all_names()) {
        const auto expected = parse(read(name).expected);
        if (expected.has_payload()) types.insert(expected.message_type());
    }
    for (const auto& type : kMessageTypes)
        EXPECT_THAT(types, testing::Contains(type.name));
}

} // namespace
} // namespace peer_observer::wire
