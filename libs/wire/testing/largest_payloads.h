// For tests: of each message type the payloads of up to 4,000,000 bytes that become the largest events, or cost most.
#pragma once

#include "libs/base/limits.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::wire::test {

inline std::string zeros(std::size_t size) { return std::string(size, '\0'); }
inline std::string ones(std::size_t size) { return std::string(size, '\xff'); }

inline std::string little_endian(std::size_t value, std::size_t bytes)
{
    std::string text;
    for (; bytes > 0; --bytes, value >>= 8U)
        text += static_cast<char>(value & 0xff);
    return text;
}

inline std::string compact_size(std::size_t value)
{
    if (value < 0xfd) return little_endian(value, 1);
    if (value < 0x10000) return '\xfd' + little_endian(value, 2);
    return '\xfe' + little_endian(value, 4);
}

inline std::string repeated(std::string_view entry, std::size_t count)
{
    std::string text;
    text.reserve(entry.size() * count);
    for (; count > 0; --count)
        text += entry;
    return text;
}

/// One input without a script, and outputs without scripts of a value whose varint has ten bytes.
inline std::string transaction(std::size_t outputs)
{
    const auto input = ones(36) + zeros(1) + ones(4);
    return "\2" + zeros(3) + "\1" + input + compact_size(outputs) + repeated(ones(8) + zeros(1), outputs) + ones(4);
}

/// Core refuses it, but can read it: no inputs, no outputs. Nothing grows more when it is decoded.
inline std::string empty_transaction() { return "\2" + zeros(3) + zeros(2) + zeros(4); }

/// Lists of transactions: `before`, their number, and each behind `between`.
inline std::vector<std::string> transaction_lists(const std::string& before, const std::string& between)
{
    const auto list = [&](const std::string& each, std::size_t count) {
        return before + compact_size(count) + repeated(between + each, count);
    };
    constexpr std::size_t kMostInABlock = 16'666;
    return {
        list(transaction(20), kMostInABlock),     list(transaction(1), kMostInABlock), list(empty_transaction(), 100),
        list(empty_transaction(), kMostInABlock), list(empty_transaction(), 60'000),   list(transaction(440'000), 1),
    };
}

using Payloads = std::vector<std::string>;

/// Makes only those of the type: they are large.
inline Payloads largest_payloads(std::string_view type)
{
    static const auto bytes = [](std::size_t size) { return compact_size(size) + ones(size); };
    static const auto inventory = [](std::size_t count) {
        return compact_size(count) + repeated(ones(36) + zeros(4) + ones(32), count / 2);
    };
    static const auto header = ones(80);
    static const std::map<std::string_view, Payloads (*)()> payloads = {
        {"addr", [] { return Payloads{compact_size(1000) + ones(30'000)}; }},
        {"addrv2",
         [] {
             return Payloads{compact_size(1000) +
                                 repeated(ones(4) + '\xff' + ones(8) + '\xff' + compact_size(512) + ones(514), 1000),
                             compact_size(1000) + repeated(ones(4) + '\xff' + ones(8) + "\4\x20" + ones(34), 1000)};
         }},
        {"alert", [] { return Payloads{bytes(3'900'000) + bytes(1)}; }},
        {"block", [] { return transaction_lists(header, ""); }},
        {"blocktxn", [] { return transaction_lists(ones(32), ""); }},
        {"cfcheckpt", [] { return Payloads{ones(33) + compact_size(124'000) + ones(124'000 * 32)}; }},
        {"cfheaders", [] { return Payloads{ones(65) + compact_size(2000) + ones(64'000)}; }},
        {"cfilter", [] { return Payloads{ones(33) + bytes(3'990'000)}; }},
        {"cmpctblock",
         [] { return transaction_lists(header + ones(8) + compact_size(5000) + ones(30'000), zeros(1)); }},
        {"feature", [] { return Payloads{bytes(80) + bytes(512)}; }},
        {"feefilter", [] { return Payloads{ones(8)}; }},
        {"filteradd", [] { return Payloads{bytes(520)}; }},
        {"filterload", [] { return Payloads{bytes(36'000) + "\1" + zeros(3) + ones(5)}; }},
        {"getblocks", [] { return Payloads{ones(4) + "\x65" + ones(102 * 32)}; }},
        {"getblocktxn", [] { return Payloads{ones(32) + compact_size(65'535) + zeros(65'535)}; }},
        {"getcfcheckpt", [] { return Payloads{ones(33)}; }},
        {"getcfheaders", [] { return Payloads{ones(37)}; }},
        {"getcfilters", [] { return Payloads{ones(37)}; }},
        {"getdata", [] { return Payloads{inventory(50'000)}; }},
        {"getheaders", [] { return Payloads{ones(4) + "\x65" + ones(102 * 32)}; }},
        {"headers", [] { return Payloads{compact_size(2000) + repeated(header + '\1', 2000)}; }},
        {"inv", [] { return Payloads{inventory(50'000)}; }},
        {"merkleblock",
         [] {
             return Payloads{header + ones(4) + compact_size(100'000) + ones(3'200'000) + bytes(700'000),
                             header + ones(4) + compact_size(0) + bytes(3'990'000)};
         }},
        {"notfound", [] { return Payloads{inventory(111'000)}; }},
        {"ping", [] { return Payloads{ones(8)}; }},
        {"pong", [] { return Payloads{ones(8)}; }},
        {"reject", [] { return Payloads{bytes(2'000'000) + '\1' + bytes(1'900'000) + ones(32)}; }},
        {"sendcmpct", [] { return Payloads{ones(9)}; }},
        {"sendtxrcncl", [] { return Payloads{ones(12)}; }},
        {"tx",
         [] {
             return Payloads{transaction(440'000),
                             "\2" + zeros(3) + compact_size(97'000) + repeated(ones(36) + zeros(1) + ones(4), 97'000) +
                                 zeros(5),
                             // Witness items of no bytes.
                             "\2" + zeros(3) + zeros(1) + "\1\1" + ones(36) + zeros(1) + ones(4) + zeros(1) +
                                 compact_size(3'990'000) + zeros(3'990'000) + zeros(4)};
         }},
        {"version", [] { return Payloads{ones(80) + compact_size(256) + ones(256) + ones(5)}; }},
    };
    const auto found = payloads.find(type);
    auto result = found == payloads.end() ? Payloads{""} : found->second();
    // Bytes behind the payload are kept, too.
    if (type != "feature") {
        const auto count = result.size();
        for (std::size_t i = 0; i < count; ++i)
            result.push_back(result[i] + ones(base::kMaxPayloadBytes - result[i].size()));
    }
    return result;
}

} // namespace peer_observer::wire::test
