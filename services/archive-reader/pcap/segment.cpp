#include "services/archive-reader/pcap/segment.h"

#include "libs/base/host_port.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <pcap/dlt.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

// libtins could take packets apart, too. It follows each header inside of a header by recursion, as deep as a packet
// says.
namespace peer_observer::archive_reader {
namespace {

constexpr std::uint16_t kIpv4 = ETHERTYPE_IP;
constexpr std::uint16_t kIpv6 = ETHERTYPE_IPV6;
constexpr std::uint16_t kVlan = ETHERTYPE_VLAN;
constexpr std::uint16_t kServiceVlan = 0x88a8; // IEEE 802.1ad
constexpr std::size_t kWordBytes = 4;

/// Nothing where the bytes are too few.
template <typename Header>
std::optional<Header> take(std::string_view bytes, std::size_t offset = 0)
{
    if (bytes.size() < offset || bytes.size() - offset < sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(&header, bytes.data() + offset, sizeof header);
    return header;
}

/// What is in front of the network's header, and where that header's type is in it. No type: the header itself tells.
struct Link {
    int type;
    std::size_t header_bytes;
    std::optional<std::size_t> type_offset;
};

constexpr std::array kLinks = {
    Link{DLT_EN10MB, 14, 12},        Link{DLT_LINUX_SLL, 16, 14},    Link{DLT_LINUX_SLL2, 20, 0},
    Link{DLT_NULL, 4, std::nullopt}, // an address family, whose number depends on the system
    Link{DLT_LOOP, 4, std::nullopt}, Link{DLT_RAW, 0, std::nullopt}, Link{DLT_IPV4, 0, std::nullopt},
    Link{DLT_IPV6, 0, std::nullopt},
};

/// The packet of IP; empty where there is none.
std::expected<std::string_view, NotRead> network_packet(const Link& link, std::string_view packet)
{
    if (packet.size() < link.header_bytes) return std::unexpected{NotRead::damaged};
    auto rest = packet.substr(link.header_bytes);
    if (!link.type_offset) return rest;
    auto type = ntohs(*take<std::uint16_t>(packet, *link.type_offset));
    while (type == kVlan || type == kServiceVlan) {
        const auto inner = take<std::uint16_t>(rest, sizeof type); // behind the tag
        if (!inner) return std::unexpected{NotRead::damaged};
        type = ntohs(*inner);
        rest.remove_prefix(2 * sizeof type);
    }
    if (type != kIpv4 && type != kIpv6) return std::unexpected{NotRead::other};
    return rest;
}

std::string_view cut_to(std::string_view bytes, std::size_t size, Segment& segment)
{
    segment.is_cut = size > bytes.size();
    return bytes.substr(0, size);
}

std::expected<std::string_view, NotRead> read_ipv4(std::string_view packet, Segment& segment)
{
    constexpr base::IpBytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    constexpr std::uint16_t kFragment = IP_MF | IP_OFFMASK;
    const auto header = take<iphdr>(packet);
    if (!header) return std::unexpected{NotRead::damaged};
    if (header->protocol != IPPROTO_TCP) return std::unexpected{NotRead::other};
    if ((ntohs(header->frag_off) & kFragment) != 0) return std::unexpected{NotRead::fragment};
    const std::size_t header_bytes = header->ihl * kWordBytes;
    // With segmentation offload the kernel has not filled in a length.
    const std::size_t total = header->tot_len == 0 ? packet.size() : ntohs(header->tot_len);
    if (header_bytes < sizeof(iphdr) || total < header_bytes || packet.size() < header_bytes)
        return std::unexpected{NotRead::damaged};
    const auto fill = [&](base::IpBytes& ip, std::uint32_t address) {
        ip = kMapped;
        std::memcpy(ip.data() + ip.size() - sizeof address, &address, sizeof address);
    };
    fill(segment.source.ip, header->saddr);
    fill(segment.destination.ip, header->daddr);
    return cut_to(packet, total, segment).substr(header_bytes);
}

std::expected<std::string_view, NotRead> read_ipv6(std::string_view packet, Segment& segment)
{
    const auto header = take<ip6_hdr>(packet);
    if (!header) return std::unexpected{NotRead::damaged};
    std::memcpy(segment.source.ip.data(), &header->ip6_src, segment.source.ip.size());
    std::memcpy(segment.destination.ip.data(), &header->ip6_dst, segment.destination.ip.size());
    auto rest = packet.substr(sizeof *header);
    if (header->ip6_plen != 0) rest = cut_to(rest, ntohs(header->ip6_plen), segment); // 0: larger than the field
    auto next = header->ip6_nxt;
    while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS) {
        constexpr std::size_t kUnit = 8;
        const auto extension = take<ip6_ext>(rest);
        const auto size = extension ? (extension->ip6e_len + std::size_t{1}) * kUnit : 0;
        if (!extension || rest.size() < size) return std::unexpected{NotRead::damaged};
        next = extension->ip6e_nxt;
        rest.remove_prefix(size);
    }
    if (next == IPPROTO_FRAGMENT) return std::unexpected{NotRead::fragment};
    if (next != IPPROTO_TCP) return std::unexpected{NotRead::other};
    return rest;
}

std::expected<std::string_view, NotRead> read_network(std::string_view packet, Segment& segment)
{
    constexpr unsigned kVersionShift = 4;
    if (packet.empty()) return std::unexpected{NotRead::damaged};
    switch (static_cast<std::uint8_t>(packet.front()) >> kVersionShift) {
    case 4:
        return read_ipv4(packet, segment);
    case 6:
        return read_ipv6(packet, segment);
    default:
        return std::unexpected{NotRead::other};
    }
}

const Link* find_link(int link_type)
{
    const auto* const link = std::ranges::find(kLinks, link_type, &Link::type);
    return link == kLinks.end() ? nullptr : link;
}

} // namespace

std::string to_string(const Endpoint& endpoint)
{
    return base::to_string(base::HostPort{base::ip_text(endpoint.ip), endpoint.port});
}

bool is_known_link_type(int link_type) { return find_link(link_type) != nullptr; }

std::expected<Segment, NotRead> read_segment(int link_type, std::string_view packet)
{
    Segment segment;
    const auto* const link = find_link(link_type);
    if (link == nullptr) return std::unexpected{NotRead::other};
    const auto network = network_packet(*link, packet);
    if (!network) return std::unexpected{network.error()};
    const auto transport = read_network(*network, segment);
    if (!transport) return std::unexpected{transport.error()};
    const auto header = take<tcphdr>(*transport);
    const std::size_t header_bytes = header ? header->doff * kWordBytes : 0;
    if (header_bytes < sizeof(tcphdr) || transport->size() < header_bytes) return std::unexpected{NotRead::damaged};
    segment.source.port = ntohs(header->source);
    segment.destination.port = ntohs(header->dest);
    segment.sequence = ntohl(header->seq);
    if (header->ack != 0) segment.acknowledged = ntohl(header->ack_seq);
    segment.syn = header->syn != 0;
    segment.fin = header->fin != 0;
    segment.rst = header->rst != 0;
    segment.payload = transport->substr(header_bytes);
    return segment;
}

} // namespace peer_observer::archive_reader
