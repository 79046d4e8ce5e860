#include "services/p2p-extractor/session.h"

#include "libs/base/clock.h"
#include "libs/wire/decode.h"
#include "services/p2p-extractor/observations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace peer_observer::p2p_extractor {
namespace {

using namespace std::string_view_literals;
using State = p2p::Transport::State;

/// Core's MAX_BLOCKS_TO_ANNOUNCE (net_processing.cpp). A message with more is an answer to a question that we do not
/// ask.
constexpr int kMostAnnounced = 8;
/// BIP339 and BIP155 messages may be sent from this version on.
constexpr std::int32_t kWtxidRelayVersion = 70016;
/// Core's MIN_PEER_PROTO_VERSION.
constexpr std::int32_t kOldestVersion = 31800;
constexpr std::size_t kHashBytes = 32;
constexpr std::array kDecodedTypes = {"version"sv, "ping"sv,     "pong"sv,      "addr"sv,    "addrv2"sv,    "inv"sv,
                                      "getdata"sv, "notfound"sv, "feefilter"sv, "headers"sv, "cmpctblock"sv};

template <typename Event>
Event& on(Event& event, const proto::NodeConnection& connection)
{
    *event.mutable_connection() = connection;
    return event;
}

std::string nonce_bytes(std::uint64_t nonce)
{
    std::string bytes;
    p2p::append(bytes, nonce);
    return bytes;
}

std::int64_t count_ns(Clock::duration duration)
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

/// A locator with one block, no stop.
std::string headers_behind(const std::string& hash)
{
    std::string payload;
    p2p::append(payload, p2p::kProtocolVersion);
    p2p::append_compact_size(payload, 1);
    payload += hash;
    payload.append(kHashBytes, '\0');
    return payload;
}

} // namespace

Session::Session(const SessionOptions& options, proto::NodeConnection connection,
                 std::optional<std::chrono::nanoseconds> connect_duration, Figures& figures, Emit emit, Random random,
                 Clock::time_point now)
    : options_{options}, connection_{std::move(connection)}, connect_duration_{connect_duration}, figures_{figures},
      emit_{std::move(emit)}, random_{std::move(random)},
      transport_{
          p2p::make_transport(options.magic, options.v2, connection_.direction() == proto::NodeConnection::TO_NODE)},
      version_nonce_{random_()}, connected_{now}
{
    if (connection_.direction() == proto::NodeConnection::TO_NODE) send_version();
}

void Session::receive(std::string_view bytes, Clock::time_point now)
{
    if (end_) return;
    const auto state = transport_->read(
        bytes, [&](std::string_view type, std::string_view payload) { return handle(type, payload, now); });
    if (state == State::reading || state == State::stopped) return;
    const bool is_other_network = state == State::wrong_magic || state == State::no_terminator;
    const auto reason =
        is_other_network && !transport_->knows_network() ? proto::NOT_V1_OR_OTHER_NETWORK : proto::MALFORMED_MESSAGE;
    end(reason, std::string{describe(state)}, now);
}

void Session::tick(Clock::time_point now)
{
    if (end_) return;
    if (!established_) {
        if (now >= connected_ + options_.handshake_timeout)
            end(proto::HANDSHAKE_TIMEOUT, version_ ? "no verack in time" : "no version message in time", now);
        return;
    }
    if (ping_ && now >= ping_->sent + options_.ping_timeout) return end(proto::PING_TIMEOUT, "no pong in time", now);
    if (now < next_ping_) return;
    next_ping_ = now + options_.ping_interval;
    if (!ping_) return send_ping(now);
    proto::P2pExtractor event;
    on(*event.mutable_ping_waiting(), connection_).set_waiting_ns(count_ns(now - ping_->sent));
    emit_(std::move(event));
}

Clock::time_point Session::deadline() const
{
    if (!established_) return connected_ + options_.handshake_timeout;
    return ping_ ? std::min(next_ping_, ping_->sent + options_.ping_timeout) : next_ping_;
}

void Session::end(proto::EndReason reason, std::string detail, Clock::time_point now)
{
    if (end_) return;
    end_ = End{reason, std::move(detail)};
    ++figures_.ended.at(static_cast<std::size_t>(reason));
    if (connection_.direction() == proto::NodeConnection::FROM_NODE && !version_) return; // by whomever
    proto::P2pExtractor event;
    const auto fill = [&](auto& ended) {
        on(ended, connection_).set_reason(reason);
        ended.set_detail(end_->detail);
    };
    if (established_) {
        auto& disconnected = *event.mutable_disconnected();
        fill(disconnected);
        disconnected.set_duration_ns(count_ns(now - *established_));
        if (ping_) disconnected.set_ping_waiting_ns(count_ns(now - ping_->sent));
    } else {
        fill(*event.mutable_connect_failed());
    }
    emit_(std::move(event));
}

std::optional<std::chrono::nanoseconds> Session::ping_waiting(Clock::time_point now) const
{
    if (!ping_) return std::nullopt;
    return now - ping_->sent;
}

/// Whether the next message is wanted.
bool Session::handle(std::string_view type, std::string_view payload, Clock::time_point now)
{
    ++figures_.messages;
    proto::MessagePayload decoded;
    if (std::ranges::find(kDecodedTypes, type) != kDecodedTypes.end()) {
        std::string bytes;
        const auto result = wire::decode(type, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()},
                                         {.tx_detail = wire::TxDetail::counts}, bytes);
        if (!result || !decoded.ParseFromString(bytes)) {
            end(proto::MALFORMED_MESSAGE,
                fmt::format("{}: {}", type, result ? "it cannot be read" : result.error().reason), now);
            return false;
        }
    }
    if (decoded.has_version()) {
        handle_version(decoded.version(), now);
    } else if (type == "verack") {
        if (version_ && !established_) establish(now);
    } else if (established_) { // Core, too, ignores what comes before
        answer(type, payload, decoded, now);
    }
    return !end_;
}

void Session::handle_version(const proto::Version& version, Clock::time_point now)
{
    if (version_) return; // Core ignores another one, too
    if (version.has_nonce() && version.nonce() == version_nonce_)
        return end(proto::SELF_CONNECTION, "our own version message came back", now);
    if (version.version() < kOldestVersion)
        return end(proto::MALFORMED_MESSAGE, fmt::format("protocol version {} is obsolete", version.version()), now);
    version_ = version;
    if (connection_.direction() == proto::NodeConnection::FROM_NODE) send_version();
    if (version.version() >= kWtxidRelayVersion) {
        send("wtxidrelay");
        send("sendaddrv2");
    }
    send("verack");
}

void Session::establish(Clock::time_point now)
{
    established_ = now;
    ++figures_.handshakes;
    proto::P2pExtractor event;
    auto& connected = on(*event.mutable_connected(), connection_);
    if (connect_duration_) connected.set_connect_duration_ns(connect_duration_->count());
    connected.set_handshake_duration_ns(count_ns(now - connected_));
    *connected.mutable_version() = *version_;
    emit_(std::move(event));
    // New blocks as soon as possible: in high-bandwidth mode Core announces them before it has validated them.
    send("sendheaders");
    send("sendcmpct", "\x01\x02\0\0\0\0\0\0\0"sv);
    // Core relays addresses to an inbound peer only after it has asked for them (SetupAddressRelay()).
    if (connection_.direction() == proto::NodeConnection::TO_NODE) send("getaddr");
    next_ping_ = now + options_.ping_interval;
    send_ping(now);
}

void Session::answer(std::string_view type, std::string_view payload, const proto::MessagePayload& decoded,
                     Clock::time_point now)
{
    proto::P2pExtractor event;
    if (decoded.has_ping()) {
        if (decoded.ping().has_nonce()) send("pong", payload.substr(0, sizeof(std::uint64_t)));
    } else if (decoded.has_pong()) {
        handle_pong(decoded.pong(), now);
    } else if (type == "getheaders") {
        send("headers", "\0"sv); // we have none that the node lacks
    } else if (decoded.has_getdata()) {
        send("notfound", payload);
    } else if (decoded.has_addr() || decoded.has_addrv2()) {
        *event.mutable_addresses() =
            count_addresses(type, decoded.has_addr() ? decoded.addr() : decoded.addrv2(), payload.size());
        on(*event.mutable_addresses(), connection_);
        emit_(std::move(event));
    } else if (decoded.has_inv()) {
        *event.mutable_inventory() = count_inventory(decoded.inv(), payload.size());
        on(*event.mutable_inventory(), connection_);
        emit_(std::move(event));
        announced_by_inv(decoded.inv());
    } else if (decoded.has_notfound()) {
        *event.mutable_notfound() = count_inventory(decoded.notfound(), payload.size());
        on(*event.mutable_notfound(), connection_);
        emit_(std::move(event));
    } else if (decoded.has_feefilter()) {
        on(*event.mutable_feefilter(), connection_)
            .set_fee_rate_sat_per_kvb(decoded.feefilter().fee_rate_sat_per_kvb());
        emit_(std::move(event));
    } else if (decoded.has_headers()) {
        announced_by_headers(decoded.headers());
    } else if (decoded.has_cmpctblock()) {
        announced(decoded.cmpctblock().header().hash(), proto::BlockAnnounced::CMPCTBLOCK);
    }
}

void Session::handle_pong(const proto::Ping& pong, Clock::time_point now)
{
    if (!ping_ || !pong.has_nonce() || pong.nonce() != ping_->nonce) {
        ++figures_.unexpected_pongs;
        return;
    }
    ++figures_.pongs;
    proto::P2pExtractor event;
    on(*event.mutable_ping_answered(), connection_).set_round_trip_ns(count_ns(now - ping_->sent));
    ping_.reset();
    emit_(std::move(event));
}

void Session::announced(const std::string& hash, proto::BlockAnnounced::By by)
{
    if (!announced_.add(hash)) return;
    proto::P2pExtractor event;
    auto& block = on(*event.mutable_block_announced(), connection_);
    block.set_hash(hash);
    block.set_by(by);
    emit_(std::move(event));
    // Core announces by inv while it does not know that we have the block before (SendMessages()). A question for what
    // follows this block says that we have it: the next one comes as cmpctblock or headers.
    if (by == proto::BlockAnnounced::INV) send("getheaders", headers_behind(hash));
}

void Session::announced_by_inv(const proto::Inventory& inventory)
{
    const auto is_block = [](const proto::InventoryItem& item) { return item.type() == proto::InventoryItem::BLOCK; };
    if (std::ranges::count_if(inventory.items(), is_block) > kMostAnnounced) return;
    for (const auto& item : inventory.items())
        if (is_block(item)) announced(item.hash(), proto::BlockAnnounced::INV);
}

void Session::announced_by_headers(const proto::Headers& headers)
{
    if (headers.headers_size() > kMostAnnounced) return;
    for (const auto& header : headers.headers())
        announced(header.hash(), proto::BlockAnnounced::HEADERS);
}

void Session::send(std::string_view type, std::string_view payload) { transport_->send(type, payload); }

void Session::send_version()
{
    send("version", p2p::version_payload({.magic = options_.magic,
                                          .user_agent = options_.user_agent,
                                          .time_s = base::unix_s(),
                                          .nonce = version_nonce_,
                                          .relay = true}));
}

void Session::send_ping(Clock::time_point now)
{
    ping_ = Ping{random_(), now};
    ++figures_.pings;
    send("ping", nonce_bytes(ping_->nonce));
}

} // namespace peer_observer::p2p_extractor
