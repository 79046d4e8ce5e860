#include "services/metrics/p2p/addresses.h"

#include <bit>
#include <string>

namespace peer_observer::metrics {
namespace {

BoundedCounters::Describe by_direction(Metric metric)
{
    return [metric](std::size_t i) { return BoundedCounters::Series{metric, {kDirectionNames.at(i)}}; };
}

std::array<BufferedHistogram, 2> offsets(NodeRegistry& registry, Metric metric, std::string_view past_or_future)
{
    return {BufferedHistogram{registry, metric, {kDirectionNames[0], past_or_future}},
            BufferedHistogram{registry, metric, {kDirectionNames[1], past_or_future}}};
}

} // namespace

AddressFigures::AddressFigures(NodeRegistry& registry, const Metrics& metrics)
    : counts_{registry, metrics.addresses}, past_{offsets(registry, metrics.timestamp_offset, "past")},
      future_{offsets(registry, metrics.timestamp_offset, "future")}, service_bits_{registry, metrics.service_bits},
      services_{registry, metrics.services, 2, by_direction(metrics.services)}
{}

void AddressFigures::observe(const proto::Addresses& message, Direction direction, std::int64_t time_s)
{
    counts_[direction].observe(message.addresses_size());
    for (const auto& address : message.addresses()) {
        const std::int64_t age_s = time_s - std::int64_t{address.time_s()};
        if (age_s >= 0) {
            past_[index(direction)].observe(static_cast<double>(age_s));
        } else {
            future_[index(direction)].observe(static_cast<double>(-age_s));
        }
        for (std::uint64_t bits = address.services(); bits != 0; bits &= bits - 1)
            service_bits_[direction].observe(std::countr_zero(bits));
        services_.at(std::to_string(address.services()))[index(direction)].Increment();
    }
}

void AddressFigures::flush()
{
    counts_.flush();
    for (auto* histograms : {&past_, &future_})
        for (auto& histogram : *histograms)
            histogram.flush();
    service_bits_.flush();
}

Addresses::Addresses(NodeRegistry& registry)
    : addr_{registry,
            {metric("p2p_addr_addresses"), metric("p2p_addr_timestamp_offset_seconds"),
             metric("p2p_addr_services_bits"), metric("p2p_addr_services")}},
      addrv2_{registry,
              {metric("p2p_addrv2_addresses"), metric("p2p_addrv2_timestamp_offset_seconds"),
               metric("p2p_addrv2_services_bits"), metric("p2p_addrv2_services")}},
      empty_{registry, metric("p2p_addrv2_empty"), 2, by_direction(metric("p2p_addrv2_empty"))},
      announcements_{registry}
{}

void Addresses::observe_addr(const proto::Addresses& message, Direction direction, std::string_view host,
                             std::int64_t time_s)
{
    addr_.observe(message, direction, time_s);
    observe_announcements(message, direction, host);
}

void Addresses::observe_addrv2(const proto::Addresses& message, Direction direction, std::string_view host,
                               std::int64_t time_s)
{
    addrv2_.observe(message, direction, time_s);
    if (message.addresses().empty()) empty_.at(host)[index(direction)].Increment();
    observe_announcements(message, direction, host);
}

void Addresses::observe_announcements(const proto::Addresses& message, Direction direction, std::string_view host)
{
    if (direction == Direction::inbound) {
        announcements_.observe_inbound(message, host);
    } else {
        announcements_.observe_outbound(message);
    }
}

void Addresses::flush()
{
    addr_.flush();
    addrv2_.flush();
}

} // namespace peer_observer::metrics
