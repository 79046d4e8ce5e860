// Numbers as Bitcoin's protocol, ELF on our hosts and our files have them.
#pragma once

#include <bit>
#include <concepts>
#include <string>

namespace peer_observer::base {

/// The bytes of a number, the lowest first.
template <std::integral Number>
void append(std::string& out, Number number)
{
    static_assert(std::endian::native == std::endian::little);
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

} // namespace peer_observer::base
