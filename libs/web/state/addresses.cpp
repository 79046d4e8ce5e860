#include "libs/web/state/addresses.h"

#include <algorithm>
#include <string>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostWordsBytes = 500;
constexpr std::size_t kMostResults = 64;

} // namespace

std::uint64_t Addresses::node_bit(std::string_view node) const
{
    const auto place = std::ranges::find(nodes_, node);
    return place == nodes_.end() ? 0 : std::uint64_t{1} << (place - nodes_.begin());
}

void Addresses::announced(const proto::Addresses& addresses, const std::string& node)
{
    if (node_bit(node) == 0 && nodes_.size() < 64) nodes_.push_back(node);
    const auto bit = node_bit(node);
    for (const auto& address : addresses.addresses()) {
        ++announcements_;
        if (address.address().empty() || address.address().size() > 64) continue; // an onion address has 62
        auto& known = known_.at(address.address()).first;
        known.network = address.network();
        known.nodes |= bit;
        ++known.announcements;
    }
}

void Addresses::checked(const proto::AddressChecked& check, std::uint64_t timestamp_ns)
{
    if (results_.size() < kMostResults || results_.contains(check.result())) ++results_[check.result()];
    const auto& address = check.address();
    if (!address.address().empty() && address.address().size() <= 64) {
        auto& known = known_.at(address.address()).first;
        known.network = address.network();
        known.is_checked = true;
        known.is_reachable = check.result() == proto::AddressChecked::OK;
    }
    Check kept{timestamp_ns, {}};
    *kept.check.mutable_address() = address;
    kept.check.set_result(check.result());
    kept.check.set_reason(check.reason().substr(0, kMostWordsBytes));
    kept.check.set_duration_ns(check.duration_ns());
    latest_checks_.push_back(std::move(kept));
    if (latest_checks_.size() > kLatestChecks) latest_checks_.pop_front();
}

} // namespace peer_observer::web
