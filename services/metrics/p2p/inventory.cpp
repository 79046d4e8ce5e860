#include "services/metrics/p2p/inventory.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kTx = 0;
constexpr std::size_t kWtx = 1;
constexpr std::uint64_t kLarge = 35; // Core's INVENTORY_BROADCAST_TARGET was that for years

} // namespace

Inventory::Inventory(NodeRegistry& registry)
    : sizes_{registry, metric("p2p_inv_entries_histogram")}, homogeneous_{registry, metric("p2p_invs_homogeneous")},
      heterogeneous_{registry, metric("p2p_invs_heterogeneous")},
      large_{registry.counter(metric("p2p_invs_outbound_large"))}
{
    for (std::size_t direction = 0; direction < entries_.size(); ++direction)
        for (std::size_t i = 0; i < kInvTypes.size(); ++i)
            entries_[direction][i] =
                &registry.counter(metric("p2p_inv_entries"), {kDirectionNames[direction], kInvTypes[i].name});
}

void Inventory::observe(const proto::Inventory& inv, Direction direction)
{
    std::array<std::uint64_t, kInvTypes.size()> counts{};
    bool one_type = true;
    for (const auto& item : inv.items()) {
        ++counts[inv_type_index(item.type())];
        one_type = one_type && item.type() == inv.items(0).type();
    }
    for (std::size_t i = 0; i < kInvTypes.size(); ++i)
        if (counts[i] > 0) entries_[index(direction)][i]->Increment(static_cast<double>(counts[i]));
    sizes_[direction].observe(inv.items_size());
    if (inv.items_size() > 0) (one_type ? homogeneous_ : heterogeneous_)[direction].Increment();
    if (direction == Direction::outbound && std::max(counts[kTx], counts[kWtx]) > kLarge) large_.Increment();
}

} // namespace peer_observer::metrics
