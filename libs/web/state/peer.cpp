#include "libs/web/state/peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace peer_observer::web {
namespace {

constexpr std::uint64_t kMinuteNs = 60 * kSecond;
/// More than Core lets a user agent have (MAX_SUBVERSION_LENGTH, 256).
constexpr std::size_t kMostUserAgentBytes = 1024;
constexpr std::size_t kMostPeerTextBytes = 512;

std::string shortened(const std::string& text) { return text.substr(0, kMostPeerTextBytes); }

} // namespace

std::string to_string(const Process& process) { return fmt::format("{}.{}", process.pid, process.start_ms); }

std::optional<Process> parse_process(std::string_view text)
{
    Process process;
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto read = [](std::string_view part, auto& number) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
        return error == std::errc{} && end == part.data() + part.size();
    };
    if (!read(text.substr(0, dot), process.pid) || !read(text.substr(dot + 1), process.start_ms)) return std::nullopt;
    return process;
}

void Peer::Counts::add(std::uint64_t time_ns, std::uint64_t size)
{
    ++messages;
    bytes += size;
    const auto now = time_ns / kMinuteNs;
    if (now > minute) {
        last_minute = now == minute + 1 ? this_minute : 0;
        this_minute = 0;
        minute = now;
    }
    ++this_minute;
}

std::uint64_t Peer::Counts::per_minute(std::uint64_t now_ns) const
{
    const auto now = now_ns / kMinuteNs;
    if (now == minute) return last_minute;
    return now == minute + 1 ? this_minute : 0;
}

void Peer::seen(std::uint64_t time_ns)
{
    if (first_ns == 0) first_ns = time_ns;
    last_ns = std::max(last_ns, time_ns);
}

void Peer::endpoint(const std::string& peer_address, const std::string& type)
{
    if (address.empty()) address = shortened(peer_address);
    if (connection_type.empty()) connection_type = shortened(type);
}

void Peer::opened(const proto::OpenedConnection& connection, std::uint64_t time_ns)
{
    endpoint(connection.address(), connection.connection_type());
    network = proto::Network_Name(connection.network());
    opened_ns = time_ns;
    is_opening_known = true;
}

void Peer::message(Direction direction, const proto::PeerMessage& message, std::uint64_t time_ns)
{
    endpoint(message.address(), message.connection_type());
    const bool is_in = direction == Direction::inbound;
    (is_in ? in : out).add(time_ns, message.size());
    auto type = types.find(message.message_type());
    if (type == types.end())
        type = types.try_emplace(types.size() < kMessageTypes ? shortened(message.message_type()) : "*other*").first;
    (is_in ? type->second.in : type->second.out).add(time_ns, message.size());
    last_message_type = shortened(message.message_type());
    last_direction = direction;
    if (is_in && message.has_decode_error()) ++undecodable;
    if (!message.has_payload()) return;
    const auto& payload = message.payload();
    if (is_in && payload.has_version()) take_version(payload.version());
    if (is_in && payload.has_feefilter()) fee_filter_sat_per_kvb = payload.feefilter().fee_rate_sat_per_kvb();
    measure_ping(direction, payload, time_ns);
}

void Peer::take_version(const proto::Version& said)
{
    if (version) return; // Core ignores a second one
    version = said;
    version->clear_receiver();
    version->clear_sender();
    if (version->user_agent().size() > kMostUserAgentBytes) version->mutable_user_agent()->resize(kMostUserAgentBytes);
}

void Peer::measure_ping(Direction direction, const proto::MessagePayload& payload, std::uint64_t time_ns)
{
    if (direction == Direction::outbound && payload.has_ping() && payload.ping().has_nonce())
        ping_ = {payload.ping().nonce(), time_ns};
    if (direction == Direction::outbound || !ping_ || !payload.has_pong() || !payload.pong().has_nonce()) return;
    if (payload.pong().nonce() != ping_->first || time_ns < ping_->second) return;
    ping_ns = time_ns - ping_->second;
    min_ping_ns = std::min(min_ping_ns.value_or(*ping_ns), *ping_ns);
    ping_.reset();
}

void Peer::info(const proto::PeerInfo& info)
{
    endpoint(info.addr(), info.connection_type());
    if (info.has_transport_protocol_type()) transport = shortened(info.transport_protocol_type());
    if (info.has_mapped_as()) mapped_as = info.mapped_as();
    if (info.has_subver()) subversion = shortened(info.subver());
    if (!is_opening_known && info.conntime() > 0) opened_ns = static_cast<std::uint64_t>(info.conntime()) * kSecond;
    if (!network && info.has_network()) {
        std::string name = shortened(info.network());
        if (name == "not_publicly_routable") name = "unroutable";
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        network = name;
    }
}

} // namespace peer_observer::web
