#include "libs/wire/message_table.h"
#include "libs/wire/testing/largest_payloads.h"
#include "proto/event.pb.h"
#include "services/extractor/event_encoder.h"
#include "services/extractor/tracepoints.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace peer_observer::extractor {
namespace {

using proto::Event;
using proto::EventsLost;
using proto::Truncated;

/// A message record with its payload behind it, as the kernel lays it out.
class MessageRecord {
public:
    MessageRecord(const std::string& type, const std::string& payload) : bytes_(sizeof(message_record) + payload.size())
    {
        auto& record = get();
        record.header.tracepoint = NET_INBOUND_MESSAGE;
        record.header.pid = 7;
        record.peer_id = 5;
        record.size = payload.size();
        std::strncpy(record.message_type, type.c_str(), sizeof(record.message_type) - 1);
        std::memcpy(&record + 1, payload.data(), payload.size());
    }
    message_record& get() { return *reinterpret_cast<message_record*>(bytes_.data()); }
    std::size_t size() const { return bytes_.size(); }

private:
    std::vector<std::uint8_t> bytes_;
};

peer_record make_peer(std::int64_t peer_id, const std::string& address, std::uint32_t pid = 7)
{
    peer_record record{};
    record.header.tracepoint = PEER_RECORD;
    record.header.pid = pid;
    record.peer_id = peer_id;
    std::strcpy(record.address, address.c_str());
    std::strcpy(record.connection_type, "inbound");
    return record;
}

void describe(EventEncoder& encoder, const peer_record& record)
{
    encoder.describe_peer(record.header, sizeof(record));
}

Event parse(std::string_view bytes)
{
    Event event;
    EXPECT_TRUE(event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    return event;
}

std::string written(EventEncoder& encoder, const record_header& record, std::size_t size)
{
    std::string out;
    encoder.write(record, size, out);
    return out;
}

std::string written(const EventEncoder& encoder, const EventEncoder::Loss& loss, std::uint64_t ktime_ns)
{
    std::string out;
    encoder.write(loss, ktime_ns, out);
    return out;
}

Event encode(MessageRecord& record, const ConvertOptions& options = {})
{
    EventEncoder encoder{options};
    describe(encoder, make_peer(5, "127.0.0.1:18444"));
    return parse(written(encoder, record.get().header, record.size()));
}

TEST(EventEncoder, DecodesAMessage)
{
    MessageRecord record{"ping", std::string(8, '\x01')};
    const auto event = encode(record);
    EXPECT_EQ(event.pid(), 7U);
    const auto& message = event.message().inbound();
    EXPECT_EQ(message.peer_id(), 5);
    EXPECT_EQ(message.address(), "127.0.0.1:18444");
    EXPECT_EQ(message.connection_type(), "inbound");
    EXPECT_EQ(message.message_type(), "ping");
    EXPECT_EQ(message.size(), 8U);
    EXPECT_EQ(message.payload().ping().nonce(), 0x0101010101010101U);
    EXPECT_FALSE(message.has_decode_error());
    EXPECT_FALSE(message.has_decode_error_offset());
    EXPECT_FALSE(message.has_raw());
    EXPECT_FALSE(message.has_truncated());
}

TEST(EventEncoder, KeepsTheBytesOfAMessageThatCannotBeDecoded)
{
    MessageRecord record{"inv", "\xff\xff"};
    const auto message = encode(record).message().inbound();
    EXPECT_FALSE(message.has_payload());
    EXPECT_EQ(message.decode_error(), "the payload ends early");
    EXPECT_TRUE(message.has_decode_error_offset());
    EXPECT_EQ(message.decode_error_offset(), 1U);
    EXPECT_EQ(message.raw(), "\xff\xff");
    EXPECT_FALSE(message.has_truncated());
}

TEST(EventEncoder, KeepsAnUnknownTypeUpToTheLimitThatWasAskedFor)
{
    MessageRecord record{"foobar", "0123456789"};
    EXPECT_EQ(encode(record).message().inbound().raw(), "0123456789");
    EXPECT_EQ(encode(record, {.max_raw_bytes = 4}).message().inbound().raw(), "0123");
    EXPECT_EQ(encode(record, {.raw_payloads = RawPayloads::none}).message().inbound().raw(), "");
    EXPECT_EQ(encode(record, {.max_raw_bytes = 4}).message().inbound().size(), 10U);
}

TEST(EventEncoder, KeepsBytesThatFollowAPayload)
{
    MessageRecord record{"verack", "extra"};
    const auto message = encode(record).message().inbound();
    EXPECT_TRUE(message.payload().has_verack());
    EXPECT_EQ(message.trailing_bytes(), 5U);
    EXPECT_EQ(message.raw(), "extra");
}

TEST(EventEncoder, KeepsEveryPayloadIfAskedTo)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    EXPECT_EQ(encode(record, {.raw_payloads = RawPayloads::all}).message().inbound().raw(), "xxxxxxxx");
}

TEST(EventEncoder, SaysWhichArgumentsCouldNotBeRead)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    record.get().header.unreadable = (1U << 1U) | (1U << 5U);
    const auto event = encode(record);
    EXPECT_THAT(event.unreadable_arguments(), testing::ElementsAre(2, 6));
    const auto& message = event.message().inbound();
    EXPECT_EQ(message.address(), "");
    EXPECT_FALSE(message.has_payload());
    EXPECT_EQ(message.raw(), "") << "ring memory holds old data where nothing was read";
    EXPECT_NE(message.decode_error(), "");
}

TEST(EventEncoder, SaysWhichProcessItWas)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    EXPECT_EQ(encode(record).process_start_ms(), 0U) << "not known";
    record.get().header.process_start_ns = 12'345'999'999;
    EXPECT_EQ(encode(record).process_start_ms(), 12'345U);
}

TEST(EventEncoder, CountsMessagesOfPeersThatWereNotDescribed)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    EventEncoder encoder{{}};
    const auto address = [&] {
        return parse(written(encoder, record.get().header, record.size())).message().inbound().address();
    };
    EXPECT_EQ(address(), "");
    EXPECT_EQ(encoder.undescribed(), 1U);
    describe(encoder, make_peer(5, "a"));
    EXPECT_EQ(address(), "a");
    record.get().header.process_start_ns = 1;
    EXPECT_EQ(address(), "") << "a later process of the same pid";
    EXPECT_EQ(encoder.undescribed(), 2U);
    record.get().header.unreadable = 1;
    EXPECT_EQ(address(), "");
    EXPECT_EQ(encoder.undescribed(), 2U) << "the event itself says that the peer is not known";
}

TEST(EventEncoder, PublishesTypeAndSizeOfAMessageThatIsTooLarge)
{
    MessageRecord record{"block", ""};
    record.get().size = MAX_MESSAGE_PAYLOAD_BYTES + 1;
    const auto message = encode(record).message().inbound();
    EXPECT_EQ(message.address(), "127.0.0.1:18444");
    EXPECT_EQ(message.message_type(), "block");
    EXPECT_EQ(message.size(), 4'000'001U);
    EXPECT_EQ(message.truncated().reason(), proto::Truncated::MESSAGE_TOO_LARGE);
    EXPECT_EQ(message.truncated().kept(), proto::Truncated::NOTHING);
    EXPECT_FALSE(message.has_payload());
    EXPECT_FALSE(message.has_raw());
    EXPECT_FALSE(message.has_decode_error());
}

TEST(EventEncoder, ReplacesTextThatIsNotUtf8)
{
    MessageRecord record{"p\xffng", std::string(8, 'x')};
    EXPECT_EQ(encode(record).message().inbound().message_type(), "p\xef\xbf\xbdng");
}

TEST(EventEncoder, CutsTextThatHasNoEnd)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    std::memset(record.get().message_type, 'a', sizeof(record.get().message_type));
    EXPECT_EQ(encode(record).message().inbound().message_type(), std::string(MESSAGE_TYPE_BYTES, 'a'));
}

TEST(EventEncoder, FitsEveryMessageIntoAFrame)
{
    for (const auto& type : wire::kMessageTypes) {
        for (const auto& payload : wire::test::largest_payloads(type.name)) {
            MessageRecord record{std::string{type.name}, payload};
            for (const auto detail : {wire::TxDetail::ids, wire::TxDetail::full, wire::TxDetail::raw}) {
                for (const auto raw : {RawPayloads::undecoded, RawPayloads::all}) {
                    EventEncoder encoder{{.decode = {.tx_detail = detail}, .raw_payloads = raw}};
                    EXPECT_LE(written(encoder, record.get().header, record.size()).size(), base::kMaxEventBytes);
                }
            }
        }
    }
}

TEST(EventEncoder, SaysWhatItHasLeftOut)
{
    const auto block = std::string(80, 'x') + wire::test::compact_size(20'000) +
                       wire::test::repeated(wire::test::empty_transaction(), 20'000);
    MessageRecord record{"block", block};
    EventEncoder encoder{{}};
    const auto event = parse(written(encoder, record.get().header, record.size()));
    const auto& message = event.message().inbound();
    EXPECT_EQ(message.truncated().reason(), Truncated::TOO_MANY_TRANSACTIONS);
    EXPECT_EQ(message.truncated().kept(), Truncated::COUNTS);
    EXPECT_EQ(message.payload().block().transaction_count(), 20'000U);
    EXPECT_EQ(message.raw(), block.substr(0, 64 << 10));
    EXPECT_FALSE(message.has_decode_error());
    EXPECT_EQ(encoder.truncated().at(Truncated::TOO_MANY_TRANSACTIONS), 1U);
}

TEST(EventEncoder, CutsRawBytesToWhatFits)
{
    MessageRecord record{"verack", std::string(2000, 'x')};
    const auto cut = encode(record, {.decode = {.max_bytes = 1000}}).message().inbound();
    EXPECT_TRUE(cut.payload().has_verack());
    EXPECT_LE(cut.raw().size(), 1000U);
    EXPECT_GT(cut.raw().size(), 900U);
    EXPECT_EQ(cut.truncated().reason(), Truncated::EVENT_TOO_LARGE);
    EXPECT_EQ(cut.truncated().kept(), Truncated::DECODED);
    const auto as_asked = encode(record, {.max_raw_bytes = 1000}).message().inbound();
    EXPECT_EQ(as_asked.raw().size(), 1000U);
    EXPECT_FALSE(as_asked.has_truncated()) << "the operator's own limit";
}

TEST(EventEncoder, DoesNotDecodeLargeMessagesBeforeTheHandshake)
{
    EventEncoder encoder{{}};
    connection_record connection{};
    connection.header.tracepoint = NET_INBOUND_CONNECTION;
    connection.header.pid = 7;
    connection.peer_id = 5;
    written(encoder, connection.header, sizeof(connection));

    MessageRecord record{"inv", std::string(100'000, '\0')};
    const auto event = parse(written(encoder, record.get().header, record.size()));
    const auto& message = event.message().inbound();
    EXPECT_EQ(message.truncated().reason(), Truncated::BEFORE_HANDSHAKE);
    EXPECT_EQ(message.truncated().kept(), Truncated::NOTHING);
    EXPECT_FALSE(message.has_payload());
    EXPECT_FALSE(message.has_decode_error());
    EXPECT_EQ(message.raw().size(), std::size_t{64} << 10U);

    connection.header.tracepoint = NET_CLOSED_CONNECTION;
    written(encoder, connection.header, sizeof(connection));
    EXPECT_TRUE(parse(written(encoder, record.get().header, record.size())).message().inbound().has_payload());
}

TEST(EventEncoder, KeepsNextToNothingWhenItFallsBehind)
{
    EventEncoder encoder{{.raw_payloads = RawPayloads::all}};
    encoder.on_falls_behind([](std::size_t) { return true; });
    const auto block =
        std::string(80, 'x') + wire::test::compact_size(1000) + wire::test::repeated(wire::test::transaction(1), 1000);
    MessageRecord with_counts{"block", block};
    auto event = parse(written(encoder, with_counts.get().header, with_counts.size()));
    EXPECT_EQ(event.message().inbound().truncated().reason(), Truncated::OVERLOADED);
    EXPECT_EQ(event.message().inbound().truncated().kept(), Truncated::COUNTS);
    EXPECT_EQ(event.message().inbound().payload().block().transaction_count(), 1000U);
    EXPECT_FALSE(event.message().inbound().has_raw());

    MessageRecord without{"tx", wire::test::transaction(1000)};
    event = parse(written(encoder, without.get().header, without.size()));
    EXPECT_EQ(event.message().inbound().truncated().kept(), Truncated::NOTHING);
    EXPECT_FALSE(event.message().inbound().has_payload());
    EXPECT_FALSE(event.message().inbound().has_raw());
    EXPECT_EQ(encoder.truncated().at(Truncated::OVERLOADED), 2U);
}

TEST(EventEncoder, MapsTheKernelsClockToUnixTime)
{
    MessageRecord record{"verack", ""};
    timespec monotonic{};
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    record.get().header.ktime_ns = static_cast<std::uint64_t>(monotonic.tv_sec) * 1'000'000'000U;
    EventEncoder encoder{{}};
    encoder.synchronize_clocks();
    const auto event = parse(written(encoder, record.get().header, record.size()));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto age = now - std::chrono::nanoseconds{event.timestamp_ns()};
    EXPECT_GE(age, std::chrono::seconds{0});
    EXPECT_LT(age, std::chrono::hours{1});
}

TEST(EventEncoder, ReportsLossesOnceByTracepointAndCause)
{
    EventEncoder encoder{{}};
    KernelCounters counters;
    counters.lost[NET_INBOUND_MESSAGE][LOSS_RING_FULL] = 3;
    counters.lost[MEMPOOL_ADDED][LOSS_RING_FULL] = 1;
    const auto first = encoder.take_losses(counters, 4);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].tracepoint, NET_INBOUND_MESSAGE);
    EXPECT_EQ(first[0].cause, EventsLost::RING_FULL);
    EXPECT_EQ(first[0].events, 3U);
    EXPECT_EQ(first[1].tracepoint, MEMPOOL_ADDED);
    EXPECT_TRUE(encoder.take_losses(counters, 4).empty());

    counters.lost[NET_INBOUND_MESSAGE][LOSS_TOO_BIG] = 2;
    const auto second = encoder.take_losses(counters, 6);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].cause, EventsLost::TOO_BIG);
    EXPECT_EQ(encoder.reported_losses(), 6U);
    EXPECT_EQ(encoder.reported_losses(LOSS_RING_FULL), 4U);
    EXPECT_EQ(encoder.reported_losses(LOSS_TOO_BIG), 2U);
}

TEST(EventEncoder, WritesBehindWhatIsThere)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    EventEncoder encoder{{}};
    std::string out = "before";
    encoder.write(record.get().header, record.size(), out);
    EXPECT_TRUE(out.starts_with("before"));
    EXPECT_EQ(out.substr(6), written(encoder, record.get().header, record.size()));
}

TEST(EventEncoder, ReportsALossOfAnyCause)
{
    const auto event = parse(written(EventEncoder{{}}, {NET_OUTBOUND_MESSAGE, EventsLost::EVENT_TOO_LARGE, 2}, 3));
    EXPECT_EQ(event.timestamp_ns(), 3U);
    EXPECT_EQ(event.events_lost().tracepoint(), "net:outbound_message");
    EXPECT_EQ(event.events_lost().cause(), EventsLost::EVENT_TOO_LARGE);
    EXPECT_EQ(event.events_lost().count(), 2U);
}

TEST(EventEncoder, KeepsLossesThatBelongAfterLaterRecords)
{
    EventEncoder encoder{{}};
    KernelCounters counters;
    counters.lost[NET_INBOUND_MESSAGE][LOSS_TOO_BIG] = 5;
    for (std::uint64_t up_to : {1U, 2U, 5U}) {
        const auto before = encoder.reported_losses();
        const auto losses = encoder.take_losses(counters, up_to);
        ASSERT_EQ(losses.size(), 1U);
        EXPECT_EQ(losses[0].events, up_to - before);
        EXPECT_EQ(encoder.reported_losses(), up_to);
    }
    EXPECT_TRUE(encoder.take_losses(counters, 5).empty());
}

TEST(EventEncoder, RefusesARecordThatIsShorterThanItClaims)
{
    MessageRecord record{"ping", std::string(8, 'x')};
    EventEncoder encoder{{}};
    EXPECT_THROW(written(encoder, record.get().header, record.size() - 1), std::logic_error);
    record.get().header.tracepoint = TRACEPOINT_COUNT;
    EXPECT_THROW(written(encoder, record.get().header, record.size()), std::logic_error);
    const auto peer = make_peer(5, "a");
    EXPECT_THROW(encoder.describe_peer(peer.header, sizeof(peer) - 1), std::logic_error);
}

TEST(EventEncoder, WritesZerosOfFieldsThatCanBeAbsent)
{
    create_tx_record record{};
    record.header.tracepoint = COIN_SELECTION_NORMAL_CREATE_TX_INTERNAL;
    EventEncoder encoder{{}};
    const auto with_change = parse(written(encoder, record.header, sizeof(record)));
    EXPECT_TRUE(with_change.coin_selection().normal_create_tx().has_change_position());
    record.change_position = -1;
    const auto without = parse(written(encoder, record.header, sizeof(record)));
    EXPECT_FALSE(without.coin_selection().normal_create_tx().has_change_position());
}

} // namespace
} // namespace peer_observer::extractor
