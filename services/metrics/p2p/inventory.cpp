#include "services/metrics/p2p/inventory.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

using Type = proto::InventoryItem;

struct InvType {
    int number;
    std::string_view name; ///< as in CInv::GetMessageType of Bitcoin Core
};

constexpr auto kInvTypes = std::to_array<InvType>({
    {Type::TX, "tx"},
    {Type::WTX, "wtx"},
    {Type::BLOCK, "block"},
    {Type::FILTERED_BLOCK, "merkleblock"},
    {Type::CMPCT_BLOCK, "cmpctblock"},
    {Type::WITNESS_TX, "witness-tx"},
    {Type::WITNESS_BLOCK, "witness-block"},
    {Type::WITNESS_FILTERED_BLOCK, "witness-merkleblock"},
});
constexpr std::size_t kUnknownType = kInvTypes.size();
constexpr std::size_t kTx = 0;
constexpr std::size_t kWtx = 1;
constexpr std::uint64_t kLarge = 35; // Core's INVENTORY_BROADCAST_TARGET was that for years

std::size_t type_index(int number)
{
    return static_cast<std::size_t>(std::ranges::find(kInvTypes, number, &InvType::number) - kInvTypes.begin());
}

} // namespace

Inventory::Inventory(NodeRegistry& registry)
    : sizes_{registry, metric("p2p_inv_entries_histogram")}, homogeneous_{registry, metric("p2p_invs_homogeneous")},
      heterogeneous_{registry, metric("p2p_invs_heterogeneous")},
      large_{registry.counter(metric("p2p_invs_outbound_large"))}
{
    static_assert(kUnknownType + 1 == kTypeCount);
    for (std::size_t direction = 0; direction < entries_.size(); ++direction)
        for (std::size_t i = 0; i < kTypeCount; ++i)
            entries_[direction][i] = &registry.counter(
                metric("p2p_inv_entries"),
                {kDirectionNames[direction], i == kUnknownType ? std::string_view{"unknown"} : kInvTypes[i].name});
}

void Inventory::observe(const proto::Inventory& inv, Direction direction)
{
    std::array<std::uint64_t, kTypeCount> counts{};
    bool one_type = true;
    for (const auto& item : inv.items()) {
        ++counts[type_index(item.type())];
        one_type = one_type && item.type() == inv.items(0).type();
    }
    for (std::size_t i = 0; i < kTypeCount; ++i)
        if (counts[i] > 0) entries_[index(direction)][i]->Increment(static_cast<double>(counts[i]));
    sizes_[direction].observe(inv.items_size());
    if (inv.items_size() > 0) (one_type ? homogeneous_ : heterogeneous_)[direction].Increment();
    if (direction == Direction::outbound && std::max(counts[kTx], counts[kWtx]) > kLarge) large_.Increment();
}

} // namespace peer_observer::metrics
