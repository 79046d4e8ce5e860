// The USDT probes that a program has, from the .note.stapsdt section of its file. Needs no privileges.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::extractor {

struct UsdtNote {
    std::string provider;
    std::string name;
    std::string arguments; ///< as systemtap's sdt.h writes them, e.g. `-8@%r13 8@24(%rcx)`

    std::size_t argument_count() const;
};

/// Every note of the file; a probe that the compiler has put in several places has several. Empty when the file has
/// none. Throws std::runtime_error naming the file when it cannot be read or is no ELF file.
std::vector<UsdtNote> read_usdt_notes(const std::string& path);

} // namespace peer_observer::extractor
