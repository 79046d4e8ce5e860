#include "services/extractor/elf_notes.h"

#include "libs/base/c_handle.h"
#include "libs/base/little_endian.h"

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace peer_observer::extractor {
namespace {

constexpr std::string_view kSection = ".note.stapsdt";
constexpr std::string_view kBuildIdSection = ".note.gnu.build-id";
constexpr GElf_Xword kMostNoteBytes = 1U << 20U; // Bitcoin Core's are some ten kilobytes
constexpr std::string_view kOwner = "stapsdt";
constexpr GElf_Word kNoteType = 3;
constexpr std::size_t kAddresses = 3; // of the probe, of .stapsdt.base, of the semaphore

/// Takes one NUL-terminated string off the front.
std::optional<std::string> take_string(std::string_view& bytes)
{
    const auto end = bytes.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    std::string text{bytes.substr(0, end)};
    bytes.remove_prefix(end + 1);
    return text;
}

std::optional<UsdtNote> parse_note(std::string_view description, std::size_t address_bytes)
{
    if (description.size() < kAddresses * address_bytes) return std::nullopt;
    description.remove_prefix(kAddresses * address_bytes);
    auto provider = take_string(description);
    auto name = take_string(description);
    auto arguments = take_string(description);
    if (!provider || !name || !arguments) return std::nullopt;
    return UsdtNote{std::move(*provider), std::move(*name), std::move(*arguments)};
}

void parse_section(Elf_Data& data, std::size_t address_bytes, std::vector<UsdtNote>& notes)
{
    const auto* const bytes = static_cast<const char*>(data.d_buf);
    GElf_Nhdr header;
    std::size_t name_offset = 0;
    std::size_t description_offset = 0;
    std::size_t offset = 0;
    while ((offset = gelf_getnote(&data, offset, &header, &name_offset, &description_offset)) > 0) {
        const std::string_view owner{bytes + name_offset, header.n_namesz};
        if (header.n_type != kNoteType || !owner.starts_with(kOwner)) continue;
        if (auto note = parse_note({bytes + description_offset, header.n_descsz}, address_bytes))
            notes.push_back(std::move(*note));
    }
}

} // namespace

std::size_t UsdtNote::argument_count() const
{
    std::istringstream words{arguments};
    std::size_t count = 0;
    for (std::string word; words >> word;)
        count += static_cast<std::size_t>(std::ranges::count(word, '@'));
    return count;
}

ProgramNotes read_program_notes(int descriptor, const std::string& name)
{
    if (elf_version(EV_CURRENT) == EV_NONE) throw std::runtime_error{"libelf is too old"};
    // Not mapped: a mapped file that becomes shorter meanwhile is a SIGBUS.
    const base::CHandle<Elf, elf_end> elf{elf_begin(descriptor, ELF_C_READ, nullptr)};
    std::size_t names = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getshdrstrndx(elf.get(), &names) != 0)
        throw std::runtime_error{fmt::format("{}: not an ELF file", name)};

    // While it is being written, its table of sections is not there yet; libelf takes that for a file without any.
    GElf_Ehdr header_of_file;
    struct stat file{};
    if (gelf_getehdr(elf.get(), &header_of_file) == nullptr || fstat(descriptor, &file) != 0 ||
        header_of_file.e_shoff >= static_cast<std::uint64_t>(file.st_size))
        throw std::runtime_error{fmt::format("{}: not an ELF file", name)};

    const std::size_t address_bytes = gelf_getclass(elf.get()) == ELFCLASS64 ? 8 : 4;
    ProgramNotes notes;
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
        const char* const text = elf_strptr(elf.get(), names, header.sh_name);
        if (text == nullptr || (text != kSection && text != kBuildIdSection)) continue;
        if (header.sh_size > kMostNoteBytes)
            throw std::runtime_error{fmt::format("{}: its notes are larger than a program's", name)};
        Elf_Data* const data = elf_getdata(section, nullptr);
        if (data == nullptr || data->d_buf == nullptr) continue;
        notes.fingerprint.append(static_cast<const char*>(data->d_buf), data->d_size);
        if (text == kSection) parse_section(*data, address_bytes, notes.usdt);
    }
    std::size_t segments = 0;
    if (elf_getphdrnum(elf.get(), &segments) != 0) segments = 0;
    for (std::size_t i = 0; i < segments; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_LOAD) continue;
        for (const auto number : {segment.p_offset, segment.p_vaddr, segment.p_filesz})
            base::append(notes.fingerprint, number);
    }
    return notes;
}

} // namespace peer_observer::extractor
