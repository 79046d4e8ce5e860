#include "services/archive-reader/pcap/node_ends.h"

#include "libs/base/host_port.h"
#include "libs/p2p/message.h"
#include "services/archive-reader/pcap/packet_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <stdexcept>

namespace peer_observer::archive_reader {
namespace {

/// Packets in which infer() looks.
constexpr std::uint64_t kPackets = 200'000;

const p2p::Chain* chain_of(std::string_view payload)
{
    if (payload.size() < p2p::kHeaderBytes - sizeof(std::uint32_t)) return nullptr;
    if (!p2p::is_padded(payload.substr(p2p::kTypeOffset, p2p::kTypeBytes))) return nullptr;
    const auto* const chain = std::ranges::find_if(p2p::kChains, [&](const auto& one) {
        return payload.starts_with(std::string_view{one.magic.data(), one.magic.size()});
    });
    return chain == p2p::kChains.end() ? nullptr : chain;
}

} // namespace

NodeEnds::NodeEnds(const std::vector<std::string>& texts)
{
    for (const auto& text : texts) {
        Known known{};
        auto ip = base::parse_ip(text);
        if (!ip) {
            ip = base::parse_ip(base::host_of(text));
            const auto digits = std::string_view{text}.substr(text.rfind(':') + 1);
            std::uint16_t port = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
            if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) ip.reset();
            known.port = port;
        }
        if (!ip) throw std::invalid_argument{"'" + text + "' is not an address like 192.0.2.1 or 192.0.2.1:8333"};
        known.ip = *ip;
        known_.push_back(known);
    }
}

std::optional<Endpoint> NodeEnds::node_of(const Endpoint& one, const Endpoint& other) const
{
    const int likeness_of_one = likeness(one);
    const int likeness_of_other = likeness(other);
    if (likeness_of_one == likeness_of_other) return std::nullopt;
    return likeness_of_one > likeness_of_other ? one : other;
}

bool NodeEnds::is_listening(const Endpoint& end) const
{
    return std::ranges::any_of(known_, [&](const auto& known) { return known.ip == end.ip && known.port == end.port; });
}

int NodeEnds::likeness(const Endpoint& end) const
{
    constexpr int kItself = 2;
    if (is_listening(end)) return kItself;
    return std::ranges::find(known_, end.ip, &Known::ip) == known_.end() ? 0 : 1;
}

Inferred infer(const std::vector<std::filesystem::path>& files)
{
    Inferred inferred;
    std::optional<std::set<base::IpBytes>> common;
    std::array<std::uint64_t, p2p::kChains.size()> messages{};
    std::uint64_t packets = 0;
    for (const auto& path : files) {
        PacketFile file{path};
        for (; file.front() && packets < kPackets; file.pop(), ++packets) {
            const auto segment = read_segment(file.link_type(), file.front()->bytes);
            if (!segment) continue;
            const auto* const chain = chain_of(segment->payload);
            if (chain == nullptr) continue;
            ++messages[static_cast<std::size_t>(chain - p2p::kChains.data())];
            const std::set ends{segment->source.ip, segment->destination.ip};
            inferred.has_loopback |= ends.size() == 1;
            if (!common) common = ends;
            std::erase_if(*common, [&](const auto& ip) { return !ends.contains(ip); });
        }
    }
    const auto most = std::ranges::max_element(messages);
    if (*most > 0) inferred.magic = p2p::kChains[static_cast<std::size_t>(most - messages.begin())].magic;
    if (common)
        for (const auto& ip : *common)
            inferred.addresses.push_back(base::ip_text(ip));
    return inferred;
}

} // namespace peer_observer::archive_reader
