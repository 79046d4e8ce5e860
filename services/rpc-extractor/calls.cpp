#include "services/rpc-extractor/calls.h"

#include <array>

namespace peer_observer::rpc_extractor {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
// The largest of these is getpeerinfo: some 3 KB a peer.
constexpr std::size_t kSmall = 8 * kMebibyte;
// 81,920 places in the address manager's tables, up to 300 bytes each. Orphans may be more: hex of up to 50 MB.
constexpr std::size_t kLarge = 64 * kMebibyte;

constexpr auto kNoParams = "[]";

constexpr auto kCalls = std::to_array<Call>({
    {"uptime", kNoParams, "seconds", 10s, kSmall},
    {"getnetworkinfo", kNoParams, "", 10s, kSmall},
    {"getpeerinfo", kNoParams, "peers", 10s, kSmall},
    {"getnettotals", kNoParams, "", 10s, kSmall},
    {"getmempoolinfo", kNoParams, "", 10s, kSmall},
    {"getmemoryinfo", kNoParams, "", 10s, kSmall},
    {"getaddrmaninfo", kNoParams, "networks", 10s, kSmall},
    {"getorphantxs", R"({"verbosity":2})", "orphans", 10s, kLarge, R"({"verbosity":1})"},
    {"estimatesmartfee", R"({"conf_target":1,"estimate_mode":"economical"})", "", 10s, kSmall},
    {"estimatesmartfee", R"({"conf_target":1,"estimate_mode":"conservative"})", "", 10s, kSmall},
    {"estimatesmartfee", R"({"conf_target":6,"estimate_mode":"economical"})", "", 10s, kSmall},
    {"estimatesmartfee", R"({"conf_target":6,"estimate_mode":"conservative"})", "", 10s, kSmall},
    {"estimatesmartfee", R"({"conf_target":144,"estimate_mode":"economical"})", "", 10s, kSmall},
    {"estimatesmartfee", R"({"conf_target":144,"estimate_mode":"conservative"})", "", 10s, kSmall},
    {"getblockchaininfo", kNoParams, "", 120s, kSmall},
    {"getchaintxstats", kNoParams, "", 120s, kSmall},
    {"getchaintips", kNoParams, "tips", 120s, kSmall},
    {"listbanned", kNoParams, "bans", 120s, kLarge},
    {"getrawaddrman", kNoParams, "", 120s, kLarge},
});

} // namespace

std::span<const Call> calls() { return kCalls; }

} // namespace peer_observer::rpc_extractor
