#include "libs/archive/frame_contents.h"

#include "libs/base/host_port.h"
#include "libs/events/hash_fields.h"
#include "libs/events/network.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <stdexcept>

namespace peer_observer::archive {
namespace {

using proto::ArchiveFrameContents;

// What exact sets take: a honeynode has 125 peers, and a frame the events of minutes.
constexpr std::size_t kMaxNumbers = 512;
constexpr std::size_t kMaxTextBytes = std::size_t{8} << 10U;

// Of a list in a record that is not one of ours: there are 4096 kinds, and fewer of the rest.
constexpr std::size_t kMostListed = 4096;

constexpr char kMessageType = 'm';
constexpr char kHost = 'a';
constexpr char kPeer = 'p';
constexpr char kPid = 'i';
constexpr char kHash = 'h';

constexpr unsigned kNetworkBits = 32; // Core has 7 networks

template <typename Number>
std::uint64_t number_token(char kind, Number number)
{
    return token_of(kind, std::to_string(number));
}

void add_bit(std::uint32_t& bits, std::uint32_t number)
{
    if (number < kNetworkBits) bits |= 1U << number;
}

bool is_in(const auto& list, const auto& value) { return std::ranges::find(list, value) != list.end(); }

template <typename Values>
std::vector<typename Values::value_type> sorted(const Values& values)
{
    std::vector<typename Values::value_type> list{values.begin(), values.end()};
    std::ranges::sort(list);
    return list;
}

} // namespace

bool ContentsView::has_message_type(std::string_view type) const
{
    return is_in_filter(Set::MESSAGE_TYPES) ? filter_has(filter, token_of(kMessageType, type))
                                            : is_in(message_types, type);
}

bool ContentsView::has_host(std::string_view host) const
{
    return is_in_filter(Set::HOSTS) ? filter_has(filter, token_of(kHost, host)) : is_in(hosts, host);
}

bool ContentsView::has_peer(std::int64_t peer) const
{
    return is_in_filter(Set::PEERS) ? filter_has(filter, number_token(kPeer, peer)) : is_in(peers, peer);
}

bool ContentsView::has_pid(std::uint32_t pid) const
{
    return is_in_filter(Set::PIDS) ? filter_has(filter, number_token(kPid, pid)) : is_in(pids, pid);
}

bool ContentsView::has_hash(std::string_view hash) const { return filter_has(filter, token_of(kHash, hash)); }

void ContentsView::parse(std::string_view bytes)
{
    *this = {};
    protozero::pbf_reader reader{bytes.data(), bytes.size()};
    const auto add = [](auto& list, const auto& value) {
        if (list.size() >= kMostListed) throw std::length_error{"a list of a search record is too long"};
        list.push_back(value);
    };
    const auto add_all = [&](auto& list, const auto& range) {
        for (const auto value : range)
            add(list, value);
    };
    while (reader.next()) {
        switch (reader.tag()) {
        case ArchiveFrameContents::kOffsetFieldNumber:
            offset = reader.get_uint64();
            break;
        case ArchiveFrameContents::kSizeBytesFieldNumber:
            size_bytes = reader.get_uint64();
            break;
        case ArchiveFrameContents::kKindsFieldNumber:
            add_all(kinds, reader.get_packed_uint32());
            break;
        case ArchiveFrameContents::kMessageTypesFieldNumber:
            add(message_types, std::string_view{reader.get_view()});
            break;
        case ArchiveFrameContents::kHostsFieldNumber:
            add(hosts, std::string_view{reader.get_view()});
            break;
        case ArchiveFrameContents::kPeersFieldNumber:
            add_all(peers, reader.get_packed_int64());
            break;
        case ArchiveFrameContents::kPidsFieldNumber:
            add_all(pids, reader.get_packed_uint32());
            break;
        case ArchiveFrameContents::kNetworksFieldNumber:
            for (const auto network : reader.get_packed_uint32())
                add_bit(networks, network);
            break;
        case ArchiveFrameContents::kInFilterFieldNumber:
            for (const auto set : reader.get_packed_uint32())
                add_bit(in_filter, set);
            break;
        case ArchiveFrameContents::kHasMalformedFieldNumber:
            has_malformed = reader.get_bool();
            break;
        case ArchiveFrameContents::kHasUnknownFieldNumber:
            has_unknown = reader.get_bool();
            break;
        case ArchiveFrameContents::kFilterFieldNumber:
            filter = reader.get_view();
            break;
        default:
            reader.skip();
        }
    }
}

bool for_each_frame(std::string_view search, const std::function<void(const ContentsView&)>& visit)
{
    try {
        ContentsView contents;
        std::uint32_t rules = 0; // they stand in front of the frames
        protozero::pbf_reader reader{search.data(), search.size()};
        while (reader.next()) {
            if (reader.tag() == proto::ArchiveSearch::kRulesFieldNumber) {
                rules = reader.get_uint32();
            } else if (reader.tag() == proto::ArchiveSearch::kFramesFieldNumber) {
                if (rules != kSearchRules) return false;
                contents.parse(reader.get_view());
                visit(contents);
            } else {
                reader.skip();
            }
        }
    } catch (const protozero::exception&) {
        return false;
    } catch (const std::length_error&) {
        return false;
    }
    return true;
}

bool FrameContents::add_text(Bounded<Texts>& set, char kind, std::string_view text)
{
    if (!set.is_in_filter) {
        if (set.values.contains(text)) return false;
        set.values.emplace(text);
        set.bytes += text.size();
        if (set.bytes <= kMaxTextBytes && set.values.size() <= kMaxNumbers) return true;
        set.is_in_filter = true;
        for (const auto& value : set.values)
            tokens_.insert(token_of(kind, value));
        set.values.clear();
    }
    tokens_.insert(token_of(kind, text));
    return true;
}

template <typename Number>
void FrameContents::add_number(Bounded<std::set<Number>>& set, char kind, Number number)
{
    if (!set.is_in_filter) {
        set.values.insert(number);
        if (set.values.size() <= kMaxNumbers) return;
        set.is_in_filter = true;
        for (const auto value : set.values)
            tokens_.insert(number_token(kind, value));
        set.values.clear();
    }
    tokens_.insert(number_token(kind, number));
}

void FrameContents::add(const events::EventView& event)
{
    has_malformed_ = has_malformed_ || event.is_malformed;
    if (event.context < events::kMaxFieldNumber && event.arm < events::kMaxFieldNumber)
        kinds_.set(event.context * events::kMaxFieldNumber + event.arm);
    else
        has_malformed_ = true; // as good as: its kind cannot be told
    if (!event.message_type.empty()) (void)add_text(message_types_, kMessageType, event.message_type);
    if (last_pid_ != event.pid) add_number(pids_, kPid, event.pid);
    last_pid_ = event.pid;
    const auto peer = events::view_peer(event);
    if (peer.id && last_peer_ != peer.id) add_number(peers_, kPeer, *peer.id);
    if (peer.id) last_peer_ = peer.id;
    if (!peer.address.empty() && add_text(hosts_, kHost, base::host_of(peer.address)))
        add_bit(networks_, static_cast<std::uint32_t>(events::network_of_address(peer.address)));
    if (events::peer_field_numbers(event.context, event.arm).network > 0)
        if (const auto network = events::network_of(event, peer))
            add_bit(networks_, static_cast<std::uint32_t>(*network));
    if (!events::for_each_hash(event.bytes, [this](std::string_view hash) { tokens_.insert(token_of(kHash, hash)); }))
        has_unknown_ = true;
}

std::string FrameContents::serialize() const
{
    std::string bytes;
    protozero::pbf_writer writer{bytes};
    std::vector<std::uint32_t> kinds;
    for (std::uint32_t kind = 0; kind < kinds_.size(); ++kind)
        if (kinds_.test(kind)) kinds.push_back(kind);
    writer.add_packed_uint32(ArchiveFrameContents::kKindsFieldNumber, kinds.begin(), kinds.end());
    for (const auto& type : sorted(message_types_.values))
        writer.add_bytes(ArchiveFrameContents::kMessageTypesFieldNumber, type);
    for (const auto& host : sorted(hosts_.values))
        writer.add_bytes(ArchiveFrameContents::kHostsFieldNumber, host);
    writer.add_packed_int64(ArchiveFrameContents::kPeersFieldNumber, peers_.values.begin(), peers_.values.end());
    writer.add_packed_uint32(ArchiveFrameContents::kPidsFieldNumber, pids_.values.begin(), pids_.values.end());
    std::vector<std::uint32_t> networks;
    for (std::uint32_t network = 0; network < kNetworkBits; ++network)
        if ((networks_ >> network & 1U) != 0) networks.push_back(network);
    writer.add_packed_uint32(ArchiveFrameContents::kNetworksFieldNumber, networks.begin(), networks.end());
    std::vector<std::uint32_t> in_filter;
    if (message_types_.is_in_filter) in_filter.push_back(ArchiveFrameContents::MESSAGE_TYPES);
    if (hosts_.is_in_filter) in_filter.push_back(ArchiveFrameContents::HOSTS);
    if (peers_.is_in_filter) in_filter.push_back(ArchiveFrameContents::PEERS);
    if (pids_.is_in_filter) in_filter.push_back(ArchiveFrameContents::PIDS);
    writer.add_packed_uint32(ArchiveFrameContents::kInFilterFieldNumber, in_filter.begin(), in_filter.end());
    if (has_malformed_) writer.add_bool(ArchiveFrameContents::kHasMalformedFieldNumber, true);
    if (has_unknown_) writer.add_bool(ArchiveFrameContents::kHasUnknownFieldNumber, true);
    if (tokens_.size() > 0) writer.add_bytes(ArchiveFrameContents::kFilterFieldNumber, tokens_.make_filter());
    return bytes;
}

bool FrameContents::is_covered_by(const ContentsView& said) const
{
    for (std::uint32_t kind = 0; kind < kinds_.size(); ++kind)
        if (kinds_.test(kind) && !is_in(said.kinds, kind)) return false;
    const auto all = [](const auto& set, const auto& has) { return std::ranges::all_of(set.values, has); };
    const auto is_in_both = [&](const auto& set, int number) { return !set.is_in_filter || said.is_in_filter(number); };
    return (!has_malformed_ || said.has_malformed) && (!has_unknown_ || said.has_unknown) &&
           (networks_ & ~said.networks) == 0 && tokens_.is_in(said.filter) &&
           is_in_both(message_types_, ArchiveFrameContents::MESSAGE_TYPES) &&
           is_in_both(hosts_, ArchiveFrameContents::HOSTS) && is_in_both(peers_, ArchiveFrameContents::PEERS) &&
           is_in_both(pids_, ArchiveFrameContents::PIDS) &&
           all(message_types_, [&](const auto& type) { return said.has_message_type(type); }) &&
           all(hosts_, [&](const auto& host) { return said.has_host(host); }) &&
           all(peers_, [&](auto peer) { return said.has_peer(peer); }) &&
           all(pids_, [&](auto pid) { return said.has_pid(pid); });
}

} // namespace peer_observer::archive
