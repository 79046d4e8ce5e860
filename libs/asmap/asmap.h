// Bitcoin Core's asmap format: which autonomous system an IP address belongs to. Only parses and looks up; no I/O.
#pragma once

#include "libs/base/ip.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace peer_observer::asmap {

/// Larger files are refused. The largest that is known has 2 MB (2026).
inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20U;

class Asmap {
public:
    /// Maps nothing.
    Asmap() = default;

    /// Takes what Core takes (SanityCheckAsmap in util/asmap.cpp): every path ends in an AS within 128 bits of address,
    /// and no bit is left over. The error says at which bit of the file it is broken, and why. An empty file is
    /// refused.
    static std::expected<Asmap, std::string> parse(const std::string& file);

    /// 0: no AS has it. The address is looked up as it stands; see autonomous_system() for the rules around it.
    std::uint32_t find(const base::IpBytes& address) const;

    bool empty() const { return index_.empty(); }

private:
    /// The file with the bits of each byte reversed, so that numbers, which the file has with their highest bit first,
    /// are read by a shift.
    std::vector<std::uint8_t> bytes_;

    /// Where a lookup stands: the next bit of the file, the AS unless a later step says another one, and how many bits
    /// of the address are used up.
    struct Place {
        std::uint32_t position = 0;
        std::uint32_t asn = 0;
        std::uint32_t address_bits = 0;
    };
    static constexpr std::uint32_t kFound = 0xffffffff; ///< position of a lookup that is at its end
    static constexpr unsigned kIndexBits = 13;

    Place walk(Place from, const base::IpBytes& address, unsigned most) const;
    static std::size_t index_of(const base::IpBytes& address);
    void make_index();

    /// Where the lookups of all addresses with the same 13 first bits stand after these, of IPv6 and then of IPv4. They
    /// take 192 KiB, and half of the steps.
    std::vector<Place> index_;
};

} // namespace peer_observer::asmap
