#include "libs/base/regular_file.h"
#include "services/extractor/elf_notes.h"

#include <gtest/gtest.h>
#include <sys/sdt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace peer_observer::extractor {
namespace {

void fire(long number, const char* text) { DTRACE_PROBE2(elf_notes_test, two_arguments, number, text); }

std::string this_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content)
        : path_{testing::TempDir() + "elf_notes_test." + std::to_string(getpid())}
    {
        std::ofstream{path_, std::ios::binary} << content;
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

ProgramNotes read(const std::string& path)
{
    const auto file = base::RegularFile::open(path);
    return read_program_notes(file.value().descriptor(), path);
}

TEST(ElfNotes, FindsAProbeOfThisVeryProgram)
{
    fire(1, "x");
    const auto notes = read(this_program()).usdt;
    const auto note = std::ranges::find(notes, std::string{"two_arguments"}, &UsdtNote::name);
    ASSERT_NE(note, notes.end());
    EXPECT_EQ(note->provider, "elf_notes_test");
    EXPECT_EQ(note->argument_count(), 2U);
}

TEST(ElfNotes, CountsArgumentsWhoseOperandHasSpaces)
{
    EXPECT_EQ((UsdtNote{"p", "n", "-8@[x0, 8] 8@[x1, 16] 4@w2"}).argument_count(), 3U);
    EXPECT_EQ((UsdtNote{"p", "n", ""}).argument_count(), 0U);
}

TEST(ElfNotes, RefusesWhatIsNoElfFile)
{
    EXPECT_THROW(read(TemporaryFile{""}.path()), std::runtime_error);
    EXPECT_THROW(read(TemporaryFile{"#!/bin/sh\nexec bitcoind\n"}.path()), std::runtime_error);
}

TEST(ElfNotes, SurvivesAFileThatIsCutAnywhere)
{
    std::ifstream file{this_program(), std::ios::binary};
    const std::string whole{std::istreambuf_iterator<char>{file}, {}};
    const std::size_t step = whole.size() / 200;
    for (std::size_t size = 0; size < whole.size(); size += step) {
        const TemporaryFile cut{whole.substr(0, size)};
        try {
            EXPECT_LE(read(cut.path()).usdt.size(), read(this_program()).usdt.size());
        } catch (const std::runtime_error&) {
        }
    }
}

TEST(ElfNotes, HaveFingerprintOfTheContent)
{
    const auto whole = read(this_program()).fingerprint;
    std::ifstream file{this_program(), std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(read(TemporaryFile{bytes}.path()).fingerprint, whole);
    // A note: its owner, three addresses, the provider.
    constexpr std::size_t kToProvider = sizeof "stapsdt" + 3 * sizeof(std::uint64_t);
    auto note = bytes.find("stapsdt");
    while (note != std::string::npos && bytes.compare(note + kToProvider, 14, "elf_notes_test") != 0)
        note = bytes.find("stapsdt", note + 1);
    ASSERT_NE(note, std::string::npos);
    bytes[note + kToProvider - 1] ^= 1; // the highest byte of the semaphore's address
    EXPECT_NE(read(TemporaryFile{bytes}.path()).fingerprint, whole);
}

} // namespace
} // namespace peer_observer::extractor
