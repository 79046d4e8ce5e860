// For tests: files of packets made by hand, of one connection after another.
#pragma once

#include "libs/archive/archive_testing.h"
#include "libs/p2p/message.h"
#include "services/archive-reader/pcap/packet_events.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <pcap/dlt.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::archive_reader::testing {

inline constexpr auto kMain = p2p::kChains[0].magic;
inline constexpr std::uint64_t kBegin = 1'700'000'000'000'000'000;

template <typename T>
std::string bytes_of(const T& value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline Endpoint endpoint(const std::string& ip, std::uint16_t port) { return {*base::parse_ip(ip), port}; }

struct Flags {
    bool syn = false;
    bool fin = false;
    bool rst = false;
    bool ack = true;
};

struct Tcp {
    Endpoint source;
    Endpoint destination;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    Flags flags = {};
    std::string payload = {};
};

inline std::string ip_packet(const Tcp& tcp)
{
    tcphdr transport{};
    transport.source = htons(tcp.source.port);
    transport.dest = htons(tcp.destination.port);
    transport.seq = htonl(tcp.sequence);
    transport.ack_seq = htonl(tcp.acknowledged);
    transport.doff = sizeof transport / 4;
    transport.syn = tcp.flags.syn ? 1 : 0;
    transport.fin = tcp.flags.fin ? 1 : 0;
    transport.rst = tcp.flags.rst ? 1 : 0;
    transport.ack = tcp.flags.ack ? 1 : 0;
    const auto segment = bytes_of(transport) + tcp.payload;
    if (!base::is_ipv4(tcp.source.ip)) {
        ip6_hdr header{};
        header.ip6_flow = htonl(6U << 28U);
        header.ip6_plen = htons(static_cast<std::uint16_t>(segment.size()));
        header.ip6_nxt = IPPROTO_TCP;
        std::memcpy(&header.ip6_src, tcp.source.ip.data(), sizeof header.ip6_src);
        std::memcpy(&header.ip6_dst, tcp.destination.ip.data(), sizeof header.ip6_dst);
        return bytes_of(header) + segment;
    }
    iphdr header{};
    header.version = 4;
    header.ihl = sizeof header / 4;
    header.tot_len = htons(static_cast<std::uint16_t>(sizeof header + segment.size()));
    header.protocol = IPPROTO_TCP;
    std::memcpy(&header.saddr, tcp.source.ip.data() + 12, sizeof header.saddr);
    std::memcpy(&header.daddr, tcp.destination.ip.data() + 12, sizeof header.daddr);
    return bytes_of(header) + segment;
}

/// In front of an IP packet.
inline std::string link_header(int link_type, bool is_ipv4)
{
    const auto type = bytes_of(htons(is_ipv4 ? 0x0800 : 0x86dd));
    switch (link_type) {
    case DLT_EN10MB:
        return std::string(12, '\2') + type;
    case DLT_LINUX_SLL:
        return std::string(14, '\0') + type;
    case DLT_LINUX_SLL2:
        return type + std::string(18, '\0');
    case DLT_NULL:
        return bytes_of(is_ipv4 ? 2 : 10);
    default:
        return {};
    }
}

/// As the pcap format has it, with nanoseconds.
class PcapFile {
public:
    /// `link_type`: DLT_ of libpcap, but LINKTYPE_RAW (101) for raw IP.
    explicit PcapFile(int link_type = DLT_EN10MB) : link_type_{link_type == DLT_RAW ? 101 : link_type}, dlt_{link_type}
    {
        bytes_ = bytes_of(0xa1b23c4dU) + bytes_of(std::uint16_t{2}) + bytes_of(std::uint16_t{4}) +
                 bytes_of(std::uint64_t{0}) + bytes_of(std::uint32_t{262144}) + bytes_of(link_type_);
    }

    /// One microsecond after the one before.
    void add(const Tcp& tcp) { add_packet(link_header(dlt_, base::is_ipv4(tcp.source.ip)) + ip_packet(tcp)); }
    void add_packet(const std::string& packet, std::size_t cut = 0)
    {
        time_ns += 1000;
        packets_.emplace_back(time_ns, packet);
        bytes_ += bytes_of(static_cast<std::uint32_t>(time_ns / 1'000'000'000)) +
                  bytes_of(static_cast<std::uint32_t>(time_ns % 1'000'000'000)) +
                  bytes_of(static_cast<std::uint32_t>(packet.size() - cut)) +
                  bytes_of(static_cast<std::uint32_t>(packet.size())) + packet.substr(0, packet.size() - cut);
    }

    const std::string& bytes() const { return bytes_; }

    /// The same in the pcapng format, with nanoseconds.
    std::string pcapng() const
    {
        const auto block = [](std::uint32_t type, std::string body) {
            body.resize((body.size() + 3) / 4 * 4, '\0');
            const auto size = bytes_of(static_cast<std::uint32_t>(body.size() + 12));
            return bytes_of(type) + size + body + size;
        };
        const auto number = [](std::uint64_t value) { return bytes_of(static_cast<std::uint32_t>(value)); };
        auto file = block(0x0a0d0d0a, number(0x1a2b3c4d) + number(1) + std::string(8, '\xff'));
        const auto resolution = bytes_of(std::uint16_t{9}) + bytes_of(std::uint16_t{1}) + std::string("\x09\0\0\0", 4);
        file += block(1, number(static_cast<std::uint64_t>(link_type_)) + number(262144) + resolution + number(0));
        for (const auto& [time, packet] : packets_)
            file += block(6, number(0) + number(time >> 32U) + number(time) + number(packet.size()) +
                                 number(packet.size()) + packet);
        return file;
    }

    std::uint64_t time_ns = kBegin;

private:
    int link_type_;
    int dlt_;
    std::string bytes_;
    std::vector<std::pair<std::uint64_t, std::string>> packets_;
};

/// Both ends of a connection, which know their sequence numbers.
class Talk {
public:
    Talk(PcapFile& file, Endpoint peer, Endpoint node) : file_{file}, ends_{peer, node} {}

    void shake_hands(bool peer_begins = true)
    {
        const int first = peer_begins ? 0 : 1;
        send(first, "", {.syn = true, .ack = false});
        send(1 - first, "", {.syn = true});
        send(first, "");
    }
    void from_peer(const std::string& payload, Flags flags = {}) { send(0, payload, flags); }
    void from_node(const std::string& payload, Flags flags = {}) { send(1, payload, flags); }
    /// A segment that is not in the capture: its number and those behind it are used.
    Tcp lose_from_peer(const std::string& payload) { return make(0, payload, {}); }

    std::uint32_t sequence_of_peer = 0xffffff00; // wraps soon
    std::uint32_t sequence_of_node = 1000;

private:
    Tcp make(int sender, const std::string& payload, Flags flags)
    {
        auto& own = sender == 0 ? sequence_of_peer : sequence_of_node;
        const auto other = sender == 0 ? sequence_of_node : sequence_of_peer;
        const Tcp tcp{ends_[static_cast<std::size_t>(sender)],
                      ends_[static_cast<std::size_t>(1 - sender)],
                      own,
                      other,
                      flags,
                      payload};
        own += static_cast<std::uint32_t>(payload.size()) + (flags.syn || flags.fin ? 1 : 0);
        return tcp;
    }
    void send(int sender, const std::string& payload, Flags flags = {}) { file_.add(make(sender, payload, flags)); }

    PcapFile& file_;
    std::array<Endpoint, 2> ends_;
};

inline std::string ping(char nonce, const p2p::Magic& magic = kMain)
{
    return p2p::message(magic, "ping", std::string(8, nonce));
}

/// What was read, event by event in short: "in ping -1", "lost net:inbound_message", "opened in -1", "closed -1".
std::string inline in_short(const proto::Event& event)
{
    const auto id = [](const auto& of) { return " " + std::to_string(of.peer_id()); };
    const auto message = [&](const proto::PeerMessage& of) {
        return of.message_type() +
               (of.payload().has_ping() ? std::to_string(of.payload().ping().nonce() & 0xffU) : "") +
               (of.has_decode_error() ? "!" : "") + id(of);
    };
    if (event.message().has_inbound()) return "in " + message(event.message().inbound());
    if (event.message().has_outbound()) return "out " + message(event.message().outbound());
    if (event.has_events_lost()) return "lost " + event.events_lost().tracepoint();
    if (event.connection().has_inbound()) return "opened in" + id(event.connection().inbound());
    if (event.connection().has_outbound()) return "opened out" + id(event.connection().outbound());
    if (event.connection().has_closed()) return "closed" + id(event.connection().closed());
    return "?";
}

class Packets : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& bytes, const std::string& name = "a.pcap")
    {
        archive::testing::write_file(folder_ / name, bytes);
        return folder_ / name;
    }

    std::vector<std::string> read(const std::vector<std::filesystem::path>& files,
                                  const std::vector<std::string>& node = {"192.0.2.1:8333"},
                                  const p2p::Magic& magic = kMain, PacketLimits limits = {})
    {
        PacketEvents packets{files, NodeEnds{node}, magic, limits};
        events_.clear();
        problems_.clear();
        std::vector<std::string> read;
        while (const auto* event = packets.next()) {
            events_.push_back(*event);
            read.push_back(in_short(*event));
        }
        packets.each_problem([&](const auto& file, const auto& problem) {
            problems_.push_back(file.filename().native() + ": " + problem);
        });
        counts_ = packets.counts();
        return read;
    }

    archive::testing::TemporaryFolder folder_;
    std::vector<proto::Event> events_;
    std::vector<std::string> problems_;
    PacketEvents::Counts counts_;
};

inline const Endpoint kNode = endpoint("192.0.2.1", 8333);
inline const Endpoint kPeer = endpoint("198.51.100.7", 50000);

} // namespace peer_observer::archive_reader::testing
