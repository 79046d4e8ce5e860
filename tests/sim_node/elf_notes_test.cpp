// The probes of this program are those of Bitcoin Core, as far as a tracer can tell.
#include "services/extractor/tracepoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace peer_observer::sim_node {
namespace {

struct Note {
    std::string sizes; ///< of the arguments in bytes; negative: signed
    std::string arguments;
    std::uint64_t semaphore = 0;
};

/// `-8@%rax 4@$7` -> `-8 4`
std::string sizes_of(const std::string& arguments)
{
    std::istringstream words(arguments);
    std::string sizes;
    for (std::string word; words >> word;) {
        sizes += (sizes.empty() ? "" : " ") + word.substr(0, word.find('@'));
    }
    return sizes;
}

/// What follows `label` in this line, if it does.
std::optional<std::string> after(const std::string& line, const std::string& label)
{
    const auto at = line.find(label);
    if (at == std::string::npos) return std::nullopt;
    return line.substr(at + label.size());
}

/// By provider:name.
std::multimap<std::string, Note> read_notes(const std::string& program)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(("readelf -nW '" + program + "'").c_str(), "r"),
                                                               pclose);
    std::stringstream output;
    for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF;)
        output << static_cast<char>(c);

    std::multimap<std::string, Note> notes;
    std::string provider;
    std::string name;
    std::uint64_t semaphore = 0;
    for (std::string line; std::getline(output, line);) {
        if (const auto text = after(line, "Provider: ")) provider = *text;
        if (const auto text = after(line, "Name: ")) name = *text;
        if (const auto text = after(line, "Semaphore: ")) semaphore = std::stoull(*text, nullptr, 16);
        if (const auto text = after(line, "Arguments: ")) {
            notes.emplace(provider + ":" + name, Note{sizes_of(*text), *text, semaphore});
        }
    }
    return notes;
}

std::map<std::string, std::string> sizes_by_name(const std::multimap<std::string, Note>& notes)
{
    std::map<std::string, std::string> result;
    for (const auto& [name, note] : notes)
        result.emplace(name, note.sizes);
    return result;
}

/// What the extractor expects of a node.
std::map<std::string, std::string> expected_sizes()
{
    std::map<std::string, std::string> result;
    for (const auto& tracepoint : extractor::kTracepoints) {
        result.emplace(tracepoint.full_name(), tracepoint.arguments.text());
    }
    return result;
}

TEST(ElfNotes, AreThoseThatTheExtractorExpects)
{
    EXPECT_EQ(sizes_by_name(read_notes(SIM_NODE_PROGRAM)), expected_sizes());
}

TEST(ElfNotes, HaveEveryProbeOnceWithSemaphore)
{
    const auto notes = read_notes(SIM_NODE_PROGRAM);
    EXPECT_EQ(notes.size(), extractor::kTracepoints.size());
    for (const auto& [name, note] : notes)
        EXPECT_NE(note.semaphore, 0U) << name;
}

TEST(ElfNotes, HaveArgumentFormsThatOldTracersUnderstand)
{
#if !defined(__x86_64__)
    GTEST_SKIP() << "the forms below are those of x86-64";
#endif
    // A constant, a register, or a register with an offset.
    const std::string form = R"(-?[1248]@([$]-?[0-9]+|%[a-z0-9]+|(-?[0-9]+)?[(]%[a-z0-9]+[)]))";
    for (const auto& [name, note] : read_notes(SIM_NODE_PROGRAM)) {
        EXPECT_THAT(note.arguments, testing::MatchesRegex(form + "( " + form + ")*")) << name;
    }
}

/// A bitcoind: $BITCOIND, else the one on PATH.
std::string find_bitcoind()
{
    if (const char* given = std::getenv("BITCOIND")) return given;
    std::istringstream folders(std::getenv("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (std::filesystem::exists(folder + "/bitcoind")) return folder + "/bitcoind";
    }
    return {};
}

TEST(ElfNotes, AreThoseOfBitcoindOnThisMachine)
{
    const std::string bitcoind = find_bitcoind();
    if (bitcoind.empty()) GTEST_SKIP() << "no bitcoind: neither BITCOIND is set nor is one on PATH";
    const auto theirs = sizes_by_name(read_notes(bitcoind));
    if (theirs.empty()) GTEST_SKIP() << bitcoind << " was built without tracepoints";
    const auto ours = sizes_by_name(read_notes(SIM_NODE_PROGRAM));
    // A bitcoind without our patches has fewer probes, and one newer than this test may have more.
    std::size_t compared = 0;
    for (const auto& [name, sizes] : theirs) {
        if (!ours.contains(name)) continue;
        EXPECT_EQ(ours.at(name), sizes) << name;
        ++compared;
    }
    EXPECT_GE(compared, 16U) << "v29 has 16 tracepoints without a wallet";
    RecordProperty("compared", static_cast<int>(compared));
}

} // namespace
} // namespace peer_observer::sim_node
