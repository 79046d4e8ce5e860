#include "libs/events/selection.h"

#include "libs/base/host_port.h"
#include "libs/events/kind.h"
#include "libs/events/network.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace peer_observer::events {
namespace {

// Of the header of a P2P message (Core's CMessageHeader::MESSAGE_TYPE_SIZE).
constexpr std::size_t kMaxMessageType = 12;

/// Whether `prefix` is `kind`, or its part before the dot.
bool is_kind_prefix(std::string_view prefix, std::string_view kind)
{
    return !prefix.empty() && kind.starts_with(prefix) && (kind.size() == prefix.size() || kind[prefix.size()] == '.');
}

bool is_in(const auto& list, const auto& value) { return std::ranges::find(list, value) != list.end(); }

void refuse(const std::string& reason) { throw std::invalid_argument{reason}; }

void check_kinds(const std::vector<std::string>& wanted)
{
    const auto known = known_kinds();
    for (const auto& prefix : wanted) {
        if (std::ranges::any_of(known, [&](const auto& kind) { return is_kind_prefix(prefix, kind.full_name); }))
            continue;
        std::string names;
        for (const auto& kind : known)
            names += (names.empty() ? "" : ", ") + kind.full_name;
        refuse("no kind of event is named '" + prefix + "'; there are " + names + ", and their parts before the dot");
    }
}

void check_values(const Conjunction& wanted, bool has_find_as)
{
    const auto check_text = [](const std::vector<std::string>& values, const std::string& what) {
        for (const auto& value : values) {
            if (value.empty()) refuse("an empty " + what + " can select nothing");
            if (value.find_first_of(kSeparators) != value.npos)
                refuse("'" + value + "' is no " + what + ": it has one of " + std::string{kSeparators} + " in it");
        }
    };
    check_kinds(wanted.kinds);
    check_text(wanted.message_types, "message type");
    check_text(wanted.addresses, "address");
    for (const auto& type : wanted.message_types)
        if (type.size() > kMaxMessageType || !std::ranges::all_of(type, [](char c) { return c >= ' ' && c <= '~'; }))
            refuse("'" + type + "' can select nothing: a message type has at most " + std::to_string(kMaxMessageType) +
                   " characters, of printable ASCII");
    for (const auto& direction : wanted.directions)
        if (direction != "inbound" && direction != "outbound")
            refuse("a direction is inbound or outbound, not '" + direction + "'");
    for (const auto& network : wanted.networks)
        if (!parse_network(network))
            refuse("'" + network + "' is no network: there are ipv4, ipv6, onion, i2p, cjdns, unroutable and internal");
    if (is_in(wanted.pids, 0U)) refuse("0 is no id of a process");
    if (is_in(wanted.ases, 0U)) refuse("0 is no number of an autonomous system");
    if (!wanted.ases.empty() && !has_find_as)
        refuse("the autonomous system of an address is not known: that needs --asmap");
}

bool fits_direction(const std::vector<std::string>& wanted, std::string_view name)
{
    return wanted.empty() || is_in(wanted, name);
}

/// What is asked for and events of this kind never have; empty = nothing.
std::string lacks(const Conjunction& wanted, const KnownKind& kind)
{
    const auto fields = peer_field_numbers(kind.context, kind.arm);
    if (!wanted.message_types.empty() && fields.message_type == 0) return "a message type";
    if ((!wanted.addresses.empty() || !wanted.ases.empty()) && fields.address == 0) return "an address";
    if (!wanted.peers.empty() && fields.peer_id == 0) return "a peer";
    if (!wanted.networks.empty() && fields.network == 0 && fields.address == 0) return "a network";
    if (!wanted.hashes.empty() && !has_hash_fields(kind.context, kind.arm)) return "a hash";
    if (fits_direction(wanted.directions, kind.name)) return {};
    return "the direction " + wanted.directions.front();
}

/// Whether only a pid is asked for, which events of every kind have.
bool takes_any_kind(const Conjunction& wanted) { return Conjunction{.pids = wanted.pids} == wanted; }

/// `address` is as Core prints it: `192.0.2.1:8333`, `[2001:db8::1]:8333`.
bool is_at(std::string_view address, std::string_view wanted)
{
    return address == wanted || (!address.empty() && base::host_of(address) == wanted);
}

} // namespace

Selection::Selection(std::vector<Conjunction> alternatives, FindAs find_as)
    : alternatives_{std::move(alternatives)}, find_as_{std::move(find_as)}
{
    if (alternatives_.size() > kMaxAlternatives)
        refuse("more than " + std::to_string(kMaxAlternatives) + " selections");
    for (const auto& wanted : alternatives_) {
        check_values(wanted, static_cast<bool>(find_as_));
        kinds_.push_back(possible_kinds(wanted));
        auto& hashes = hashes_.emplace_back();
        for (const auto& hash : wanted.hashes)
            hashes.emplace_back(hash);
        auto& networks = networks_.emplace_back();
        for (const auto& name : wanted.networks)
            networks.push_back(*parse_network(name));
    }
    // Where one takes everything, so do all together.
    if (std::ranges::any_of(alternatives_, &Conjunction::is_empty)) {
        alternatives_.clear();
        kinds_.clear();
        hashes_.clear();
        networks_.clear();
    }
}

Selection::Kinds Selection::possible_kinds(const Conjunction& wanted)
{
    Kinds possible;
    if (takes_any_kind(wanted)) return possible;
    const auto known = known_kinds();
    for (const auto& kind : known)
        if ((wanted.kinds.empty() ||
             std::ranges::any_of(wanted.kinds, [&](const auto& k) { return is_kind_prefix(k, kind.full_name); })) &&
            lacks(wanted, kind).empty())
            possible.set(kind.context * kMaxFieldNumber + kind.arm);
    // Of each kind that is named, some event must be able to fit: a tool would otherwise wait indefinitely.
    for (const auto& prefix : wanted.kinds) {
        std::string lacking;
        for (const auto& kind : known) {
            if (!is_kind_prefix(prefix, kind.full_name)) continue;
            lacking = lacks(wanted, kind);
            if (lacking.empty()) break;
        }
        if (!lacking.empty())
            refuse("no event of the kind " + prefix + " has " + lacking +
                   ": this can select nothing; leave out one or the other");
    }
    if (possible.none()) refuse("no event has all that '" + to_string(wanted) + "' asks for: it can select nothing");
    return possible;
}

bool Selection::selects(const EventView& event) const
{
    if (selects_all()) return true;
    if (event.is_malformed) return false;
    if (event.context == proto::Event::kEventsLostFieldNumber) return true;
    for (std::size_t i = 0; i < alternatives_.size(); ++i)
        if (takes_kind(i, event.context, event.arm) && fits(event, i)) return true;
    return false;
}

bool Selection::takes_kind(std::size_t alternative, std::uint32_t context, std::uint32_t arm) const
{
    const auto& kinds = kinds_[alternative];
    const bool is_known = context < kMaxFieldNumber && arm < kMaxFieldNumber;
    return kinds.none() || (is_known && kinds.test(context * kMaxFieldNumber + arm));
}

bool Selection::fits(const EventView& event, std::size_t alternative) const
{
    const auto& wanted = alternatives_[alternative];
    if (!wanted.message_types.empty() && !is_in(wanted.message_types, event.message_type)) return false;
    if (!wanted.pids.empty() && !is_in(wanted.pids, event.pid)) return false;
    if (!wanted.hashes.empty() &&
        std::ranges::none_of(hashes_[alternative], [&](const auto& hash) { return hash.is_in(event.bytes); }))
        return false;
    if (wanted.peers.empty() && wanted.addresses.empty() && wanted.ases.empty() && wanted.networks.empty()) return true;
    const auto peer = view_peer(event);
    if (!wanted.peers.empty() && (!peer.id || !is_in(wanted.peers, *peer.id))) return false;
    if (!wanted.addresses.empty() &&
        std::ranges::none_of(wanted.addresses, [&](const auto& host) { return is_at(peer.address, host); }))
        return false;
    if (!wanted.networks.empty()) {
        const auto network = network_of(event, peer);
        if (!network || !is_in(networks_[alternative], *network)) return false;
    }
    return wanted.ases.empty() || is_in(wanted.ases, find_as_(base::host_of(peer.address)));
}

bool Selection::selects_peers() const
{
    return std::ranges::any_of(alternatives_, [](const auto& wanted) { return !wanted.peers.empty(); });
}

} // namespace peer_observer::events
