#include "services/p2p-extractor/observations.h"

#include <algorithm>
#include <array>

namespace peer_observer::p2p_extractor {
namespace {

/// Core sends two or three types; a peer may send 2^32.
constexpr int kMostTypes = 16;

} // namespace

proto::AddressesReceived count_addresses(std::string_view type, const proto::Addresses& addresses, std::size_t size)
{
    proto::AddressesReceived event;
    event.set_message_type(std::string{type});
    event.set_count(static_cast<std::uint64_t>(addresses.addresses_size()));
    event.set_size(size);
    std::array<std::uint64_t, proto::Address::Network_ARRAYSIZE> counts{};
    for (const auto& address : addresses.addresses())
        ++counts.at(static_cast<std::size_t>(address.network()));
    for (std::size_t network = 0; network < counts.size(); ++network) {
        if (counts[network] == 0) continue;
        auto& entry = *event.add_networks();
        entry.set_network(static_cast<proto::Address::Network>(network));
        entry.set_count(counts[network]);
    }
    return event;
}

proto::InventoryReceived count_inventory(const proto::Inventory& inventory, std::size_t size)
{
    proto::InventoryReceived event;
    event.set_count(static_cast<std::uint64_t>(inventory.items_size()));
    event.set_size(size);
    auto& types = *event.mutable_types();
    for (const auto& item : inventory.items()) {
        auto found = std::ranges::find(types, item.type(), &proto::InventoryReceived::TypeCount::type);
        if (found == types.end()) {
            if (types.size() == kMostTypes) continue;
            types.Add()->set_type(item.type());
            found = types.end() - 1;
        }
        found->set_count(found->count() + 1);
    }
    return event;
}

} // namespace peer_observer::p2p_extractor
