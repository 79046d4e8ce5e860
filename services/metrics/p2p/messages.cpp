#include "services/metrics/p2p/messages.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <algorithm>
#include <utility>

namespace peer_observer::metrics {
namespace {

// Core's. A type that it gets later is counted under the last one until it stands here.
constexpr auto kConnectionTypes = std::to_array<std::string_view>({
    "inbound",
    "outbound-full-relay",
    "block-relay-only",
    "manual",
    "feeler",
    "addr-fetch",
    "private-broadcast",
    "other",
});

std::size_t connection_type_index(std::string_view name)
{
    return static_cast<std::size_t>(std::find(kConnectionTypes.begin(), kConnectionTypes.end() - 1, name) -
                                    kConnectionTypes.begin());
}

/// The counters that a type of message has.
struct Series {
    enum Figure : std::uint8_t { count, bytes };

    static constexpr std::size_t by_connection_type(std::size_t connection_type, Direction direction, Figure figure)
    {
        return (connection_type * 2 + metrics::index(direction)) * 2 + figure;
    }
    static constexpr std::size_t kLinkingLion = kConnectionTypes.size() * 4;
    static constexpr std::size_t linkinglion(Direction direction, Figure figure)
    {
        return kLinkingLion + metrics::index(direction) * 2 + figure;
    }
    static constexpr std::size_t kUndecodable = kLinkingLion + 4;
    static constexpr std::size_t undecodable(Direction direction) { return kUndecodable + metrics::index(direction); }
    static constexpr std::size_t kProcessed = kUndecodable + 2;
    static constexpr std::size_t kProcessingSeconds = kProcessed + 1;
    static constexpr std::size_t kSize = kProcessingSeconds + 1;
};

BoundedCounters::Series describe(std::size_t index)
{
    if (index == Series::kProcessingSeconds) return {metric("p2p_message_processing_seconds_total"), {}};
    if (index == Series::kProcessed) return {metric("p2p_messages_processed_total"), {}};
    if (index >= Series::kUndecodable)
        return {metric("p2p_message_undecodable_total"), {kDirectionNames.at(index - Series::kUndecodable)}};
    const bool is_count = index % 2 == Series::count;
    const auto direction = kDirectionNames.at(index / 2 % 2);
    if (index >= Series::kLinkingLion)
        return {is_count ? metric("p2p_message_count_linkinglion") : metric("p2p_message_bytes_linkinglion"),
                {direction}};
    return {is_count ? metric("p2p_message_count") : metric("p2p_message_bytes"),
            {kConnectionTypes.at(index / 4), direction}};
}

} // namespace

Messages::Messages(NodeRegistry& registry, const IpLists& lists)
    : by_type_{registry, metric("p2p_message_count"), Series::kSize, describe}, linkinglion_{lists.find("linkinglion")},
      addresses_{registry}, inventory_{registry}, session_{registry}
{
    // A flood of invented types must not push Bitcoin's own ones out.
    const auto& arms = *proto::MessagePayload::descriptor()->oneof_decl(0);
    for (int i = 0; i < arms.field_count(); ++i)
        by_type_.keep(arms.field(i)->name());
    for (const auto direction : {Direction::inbound, Direction::outbound})
        by_type_.start_at_zero(Series::undecodable(direction));
}

bool Messages::observe(const proto::Message& event, std::int64_t time_s)
{
    switch (event.event_case()) {
    case proto::Message::kInbound:
        observe(event.inbound(), Direction::inbound, time_s);
        return true;
    case proto::Message::kOutbound:
        observe(event.outbound(), Direction::outbound, time_s);
        return true;
    case proto::Message::kProcessed:
        observe(event.processed());
        return true;
    case proto::Message::EVENT_NOT_SET:
        break;
    }
    return false;
}

void Messages::observe(const proto::PeerMessage& message, Direction direction, std::int64_t time_s)
{
    auto& counters = by_type_.at(message.message_type());
    const auto connection_type = connection_type_index(message.connection_type());
    const auto size = static_cast<double>(message.size());
    counters[Series::by_connection_type(connection_type, direction, Series::count)].Increment();
    counters[Series::by_connection_type(connection_type, direction, Series::bytes)].Increment(size);
    if (linkinglion_ != nullptr) {
        const auto ip = base::parse_ip(base::host_of(message.address()));
        if (ip && linkinglion_->addresses.contains(*ip)) {
            counters[Series::linkinglion(direction, Series::count)].Increment();
            counters[Series::linkinglion(direction, Series::bytes)].Increment(size);
        }
    }
    if (message.has_decode_error()) counters[Series::undecodable(direction)].Increment();
    observe_payload(message, direction, time_s);
}

void Messages::observe_payload(const proto::PeerMessage& message, Direction direction, std::int64_t time_s)
{
    using Payload = proto::MessagePayload;
    const bool inbound = direction == Direction::inbound;
    const auto& payload = message.payload();
    switch (payload.payload_case()) {
    case Payload::kAddr:
        addresses_.observe_addr(payload.addr(), direction, base::host_of(message.address()), time_s);
        break;
    case Payload::kAddrv2:
        addresses_.observe_addrv2(payload.addrv2(), direction, base::host_of(message.address()), time_s);
        break;
    case Payload::kInv:
        inventory_.observe(payload.inv(), direction);
        break;
    case Payload::kVersion:
        if (inbound) session_.observe_version(payload.version());
        if (inbound && message.connection_type() != kConnectionTypes.front())
            addresses_.observe_version(payload.version());
        break;
    case Payload::kPing:
        if (inbound) session_.observe_ping(payload.ping(), base::host_of(message.address()));
        break;
    case Payload::kFeefilter:
        session_.observe_feefilter(payload.feefilter(), direction);
        break;
    case Payload::kReject:
        if (inbound) session_.observe_reject(payload.reject());
        break;
    default: // nothing in it is counted
        break;
    }
}

void Messages::observe(const proto::ProcessedMessage& message)
{
    auto& counters = by_type_.at(message.message_type());
    counters[Series::kProcessed].Increment();
    counters[Series::kProcessingSeconds].Increment(
        static_cast<double>(std::max<std::int64_t>(message.duration_ns(), 0)) / 1e9);
}

void Messages::flush()
{
    addresses_.flush();
    inventory_.flush();
}

} // namespace peer_observer::metrics
