// The probes of this program are those of Bitcoin Core, as far as a tracer can tell.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "services/extractor/tracepoints.h"

namespace peer_observer::sim_node {
namespace {

struct Note {
    std::string sizes; ///< of the arguments in bytes; negative: signed
    std::string arguments;
    std::uint64_t semaphore = 0;
};

std::string sizes_of(const std::string& arguments)
{
    static const std::regex kPlace("@\\S+");
    return std::regex_replace(arguments, kPlace, "");
}

/// By provider:name.
std::multimap<std::string, Note> read_notes(const std::string& program)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(("readelf -nW '" + program + "'").c_str(), "r"),
                                                               pclose);
    std::string output;
    for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF;)
        output += static_cast<char>(c);

    static const std::regex kNote(
        R"(Provider: (\w+)\s+Name: (\w+)\s+Location: \w+, Base: \w+, Semaphore: (\w+)\s+Arguments:([^\n]*))");
    std::multimap<std::string, Note> notes;
    for (auto match = std::sregex_iterator(output.begin(), output.end(), kNote); match != std::sregex_iterator();
         ++match) {
        const std::string arguments = match->str(4).substr(match->length(4) > 0 ? 1 : 0);
        notes.emplace(match->str(1) + ":" + match->str(2),
                      Note{sizes_of(arguments), arguments, std::stoull(match->str(3), nullptr, 16)});
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
        result.emplace(tracepoint.full_name(), tracepoint.arguments);
    }
    return result;
}

TEST(ElfNotes, AreThoseThatTheExtractorExpects)
{
    EXPECT_EQ(sizes_by_name(read_notes(SIM_NODE_PROGRAM)), expected_sizes());
}

TEST(ElfNotes, EveryProbeOccursOnceAndHasASemaphore)
{
    const auto notes = read_notes(SIM_NODE_PROGRAM);
    EXPECT_EQ(notes.size(), extractor::kTracepoints.size());
    for (const auto& [name, note] : notes)
        EXPECT_NE(note.semaphore, 0U) << name;
}

TEST(ElfNotes, EveryArgumentHasAFormThatOldTracersUnderstand)
{
#if !defined(__x86_64__)
    GTEST_SKIP() << "the forms below are those of x86-64";
#endif
    // A constant, a register, or a register with an offset.
    static const std::regex kForms(R"((-?[1248]@(\$-?\d+|%\w+|-?\d*\(%\w+\))( |$))*)");
    for (const auto& [name, note] : read_notes(SIM_NODE_PROGRAM)) {
        EXPECT_TRUE(std::regex_match(note.arguments, kForms)) << name << ": " << note.arguments;
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
