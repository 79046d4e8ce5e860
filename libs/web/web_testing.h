// What the tests of this service share: a publisher of events, and the API without sockets.
#pragma once

#include "libs/web/api/view.h"
#include "libs/web/state/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::web {

inline constexpr std::uint64_t kStartNs = 1'790'000'000 * kSecond;

inline std::string hash_bytes(std::uint32_t number)
{
    std::string hash(32, '\0');
    for (int i = 0; i < 4; ++i)
        hash[static_cast<std::size_t>(i)] = static_cast<char>(number >> (8 * i));
    return hash;
}

/// As the API shows hash_bytes().
inline std::string hash_hex(std::uint32_t number)
{
    std::string hex(64, '0');
    constexpr auto kDigits = "0123456789abcdef";
    for (std::size_t i = 0; i < 8; ++i)
        hex[63 - i] = kDigits[number >> (4 * i) & 0xf];
    return hex;
}

class TestWeb {
public:
    void send(const std::vector<proto::Event>& events, const std::string& node = "alpha",
              std::uint64_t publisher = 0xc0ffee, std::uint64_t missed = 0)
    {
        auto& next = next_[publisher];
        next += missed;
        std::string bytes;
        events::begin_batch(bytes, node, publisher, next);
        for (const auto& event : events)
            events::append_event(bytes, event.SerializeAsString());
        next += events.size();
        state.add(events::parse_batch(bytes).value(), {.now_ns = now_ns, .missed = missed},
                  [&](const auto&) { ++bad_events; });
    }

    proto::Event event() const
    {
        proto::Event event;
        event.set_timestamp_ns(now_ns);
        event.set_pid(4711);
        event.set_process_start_ms(99);
        return event;
    }

    static std::string address_of(std::int64_t peer_id)
    {
        return "203.0.113." + std::to_string(peer_id % 256) + ":" + std::to_string(10'000 + peer_id % 50'000);
    }

    proto::Event message(Direction direction, std::int64_t peer_id, const std::string& type) const
    {
        auto event = this->event();
        auto& message = direction == Direction::inbound ? *event.mutable_message()->mutable_inbound()
                                                        : *event.mutable_message()->mutable_outbound();
        message.set_peer_id(peer_id);
        message.set_address(address_of(peer_id));
        message.set_connection_type("inbound");
        message.set_message_type(type);
        message.set_size(8);
        return event;
    }

    static proto::PeerMessage& content(proto::Event& event)
    {
        return event.message().has_inbound() ? *event.mutable_message()->mutable_inbound()
                                             : *event.mutable_message()->mutable_outbound();
    }
    static proto::MessagePayload& payload(proto::Event& event) { return *content(event).mutable_payload(); }

    proto::Event ping(Direction direction, std::int64_t peer_id, std::uint64_t nonce) const
    {
        auto event = message(direction, peer_id, "ping");
        payload(event).mutable_ping()->set_nonce(nonce);
        return event;
    }
    proto::Event pong(Direction direction, std::int64_t peer_id, std::uint64_t nonce) const
    {
        auto event = message(direction, peer_id, "pong");
        payload(event).mutable_pong()->set_nonce(nonce);
        return event;
    }
    proto::Event inv(Direction direction, std::int64_t peer_id, proto::InventoryItem::Type type,
                     const std::string& hash) const
    {
        auto event = message(direction, peer_id, "inv");
        auto& item = *payload(event).mutable_inv()->add_items();
        item.set_type(type);
        item.set_hash(hash);
        return event;
    }
    proto::Event opened(std::int64_t peer_id) const
    {
        auto event = this->event();
        auto& opened = *event.mutable_connection()->mutable_inbound();
        opened.set_peer_id(peer_id);
        opened.set_address(address_of(peer_id));
        opened.set_connection_type("inbound");
        opened.set_network(proto::IPV4);
        return event;
    }
    proto::Event closed(std::int64_t peer_id) const
    {
        auto event = this->event();
        auto& closed = *event.mutable_connection()->mutable_closed();
        closed.set_peer_id(peer_id);
        closed.set_address(address_of(peer_id));
        closed.set_connection_type("inbound");
        return event;
    }

    View view() const { return {.state = state, .now_ns = now_ns, .access = access}; }
    std::string get_text(const std::string& target) const { return answer_text(Request{target}, view()); }
    Json get(const std::string& target) const { return Json::parse(get_text(target)); }
    /// The status of the error that it is answered with; 200 where it is none.
    unsigned status(const std::string& target) const
    {
        try {
            (void)get_text(target);
            return 200;
        } catch (const ApiError& error) {
            return error.status;
        }
    }

    std::uint64_t now_ns = kStartNs;
    Access access = Access::full;
    State state;
    int bad_events = 0;

private:
    std::map<std::uint64_t, std::uint64_t> next_;
};

} // namespace peer_observer::web
