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

struct ProgramNotes {
    /// Every note; a probe that the compiler has put in several places has several.
    std::vector<UsdtNote> usdt;
    /// Equal for two files only if their probes are at the same places: the build-id, the notes as they are, and where
    /// the file is loaded.
    std::string fingerprint;
};

/// Of an open file, which may change meanwhile. Throws std::runtime_error that begins with `name` when it cannot be
/// read or is no ELF file.
ProgramNotes read_program_notes(int descriptor, const std::string& name);

} // namespace peer_observer::extractor
