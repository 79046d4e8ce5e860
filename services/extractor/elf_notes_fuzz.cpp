// Any file as the program to trace: its notes, or an error that names it.
#include "services/extractor/elf_notes.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer::extractor;
    static const int file = memfd_create("program", 0);
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) return 0;
    const std::string path = "program";
    try {
        std::size_t bytes = 0;
        for (const auto& note : read_program_notes(file, path).usdt) {
            bytes += note.provider.size() + note.name.size() + note.arguments.size();
            if (note.argument_count() > note.arguments.size()) std::abort();
        }
        // Sections may share bytes, but there are not more of them than the file has room for.
        if (bytes > size * size) std::abort();
    } catch (const std::runtime_error& error) {
        if (!std::string{error.what()}.starts_with(path)) std::abort();
    }
    return 0;
}
