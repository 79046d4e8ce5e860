#include "libs/base/limits.h"
#include "services/rpc-extractor/shorten.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace peer_observer::rpc_extractor {
namespace {

/// Every place of Core's tables (addrman_impl.h) taken by an entry as large as one can be.
proto::Rpc full_address_manager()
{
    constexpr int kBucketSize = 64;
    constexpr int kNewBuckets = 1024;
    constexpr int kTriedBuckets = 256;
    const std::string onion = std::string(56, 'a') + ".onion";
    proto::Rpc rpc;
    auto& tables = *rpc.mutable_getrawaddrman();
    const auto fill = [&](auto& table, int buckets) {
        for (int place = 0; place < buckets * kBucketSize; ++place) {
            auto& entry = table[fmt::format("{}/{}", place / kBucketSize, place % kBucketSize)];
            entry.set_address(onion);
            entry.set_mapped_as(std::numeric_limits<std::uint32_t>::max());
            entry.set_port(65535);
            entry.set_network("not_publicly_routable");
            entry.set_services(std::numeric_limits<std::uint64_t>::max());
            entry.set_time(1'764'400'000);
            entry.set_source(onion);
            entry.set_source_network("not_publicly_routable");
            entry.set_source_mapped_as(std::numeric_limits<std::uint32_t>::max());
        }
    };
    fill(*tables.mutable_new_(), kNewBuckets);
    fill(*tables.mutable_tried(), kTriedBuckets);
    return rpc;
}

TEST(Shorten, LeavesAnAddressManagerThatAnEventCanHoldWhateverIsInIt)
{
    auto rpc = full_address_manager();
    EXPECT_GT(rpc.ByteSizeLong(), base::kMaxEventBytes) << "more than there can be: networks have shorter names";
    EXPECT_EQ(shorten(rpc), "source, source_network and source_mapped_as");
    EXPECT_LT(rpc.ByteSizeLong(), 12'000'000U);
    EXPECT_EQ(rpc.getrawaddrman().new_().size() + rpc.getrawaddrman().tried().size(), 81'920U);
    const auto& entry = rpc.getrawaddrman().new_().at("1023/63");
    EXPECT_EQ(entry.port(), 65535U);
    EXPECT_FALSE(entry.has_source() || entry.has_source_network() || entry.has_source_mapped_as());
}

TEST(Shorten, LeavesOrphansWithoutTheirBytes)
{
    proto::Rpc rpc;
    auto& orphan = *rpc.mutable_getorphantxs()->add_orphans();
    orphan.set_bytes(100);
    orphan.set_hex(std::string(200, '0'));
    EXPECT_EQ(shorten(rpc), "hex");
    EXPECT_FALSE(orphan.has_hex());
    EXPECT_EQ(orphan.bytes(), 100U);
}

TEST(Shorten, LeavesOtherAnswersAsTheyAre)
{
    proto::Rpc rpc;
    rpc.mutable_uptime()->set_seconds(1);
    EXPECT_EQ(shorten(rpc), "");
    EXPECT_EQ(rpc.uptime().seconds(), 1);
}

} // namespace
} // namespace peer_observer::rpc_extractor
