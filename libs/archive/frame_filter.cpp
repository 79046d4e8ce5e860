#include "libs/archive/frame_filter.h"

#include "libs/base/host_port.h"
#include "proto/event.pb.h"

#include <algorithm>

namespace peer_observer::archive {
namespace {

constexpr std::size_t kMostHosts = 100'000;

/// Whether nothing is asked for, or one of the values fits.
bool any(const auto& wanted, const auto& has) { return wanted.empty() || std::ranges::any_of(wanted, has); }

} // namespace

bool FrameFilter::may_fit(const ContentsView& contents)
{
    if (selection_.selects_all() || contents.has_malformed) return true;
    constexpr std::uint32_t kEventsLost = proto::Event::kEventsLostFieldNumber * events::kMaxFieldNumber;
    if (std::ranges::find(contents.kinds, kEventsLost) != contents.kinds.end()) return true; // always selected
    for (std::size_t i = 0; i < selection_.alternatives().size(); ++i)
        if (may_fit(contents, i)) return true;
    return false;
}

bool FrameFilter::may_fit(const ContentsView& contents, std::size_t alternative)
{
    const auto& wanted = selection_.alternatives()[alternative];
    const bool has_kind = std::ranges::any_of(contents.kinds, [&](std::uint32_t kind) {
        return selection_.takes_kind(alternative, kind / events::kMaxFieldNumber, kind % events::kMaxFieldNumber);
    });
    if (!has_kind || !any(wanted.pids, [&](auto pid) { return contents.has_pid(pid); })) return false;
    if (contents.has_unknown) return true;
    return any(wanted.message_types, [&](const auto& type) { return contents.has_message_type(type); }) &&
           any(wanted.peers, [&](auto peer) { return contents.has_peer(peer); }) &&
           any(wanted.addresses,
               [&](const auto& address) {
                   return contents.has_host(address) || contents.has_host(base::host_of(address));
               }) &&
           any(selection_.networks(alternative),
               [&](auto network) { return (contents.networks >> static_cast<unsigned>(network) & 1U) != 0; }) &&
           any(selection_.hashes(alternative), [&](const auto& hash) { return contents.has_hash(hash.bytes()); }) &&
           has_as(contents, wanted);
}

bool FrameFilter::has_as(const ContentsView& contents, const events::Conjunction& wanted)
{
    if (wanted.ases.empty() || contents.is_in_filter(ContentsView::Set::HOSTS)) return true;
    return std::ranges::any_of(contents.hosts, [&](std::string_view host) {
        if (ases_.size() > kMostHosts) ases_.clear();
        const auto [known, is_new] = ases_.try_emplace(std::string{host});
        if (is_new) known->second = selection_.as_of(host);
        return std::ranges::find(wanted.ases, known->second) != wanted.ases.end();
    });
}

} // namespace peer_observer::archive
