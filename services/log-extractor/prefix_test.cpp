#include "services/log-extractor/prefix.h"

#include <gtest/gtest.h>

#include <string>

namespace peer_observer::log_extractor {
namespace {

using ThreadNames = PrefixParser::ThreadNames;

constexpr std::int64_t kTimeUs = 1'767'323'045'000'000; // 2026-01-02T03:04:05Z

struct Parsed {
    Prefix prefix;
    std::string message;
};

Parsed parse(const std::string& line, ThreadNames names = ThreadNames::unknown)
{
    static std::string kept; // what the prefix views
    kept = line;
    PrefixParser parser{names};
    const auto prefix = parser.parse(kept);
    return {prefix, kept.substr(prefix.message_offset)};
}

ThreadNames learned_from(std::initializer_list<std::string> lines)
{
    PrefixParser parser;
    for (const auto& line : lines)
        (void)parser.parse(line);
    return parser.thread_names();
}

TEST(LogPrefix, ReadsEveryPartThatALineMayHave)
{
    const auto [prefix, message] = parse("[*] 2026-01-02T03:04:05.678901Z (mocktime: 2026-01-02T03:04:06Z) [msghand] "
                                         "[net_processing.cpp:4242] [ProcessMessage] "
                                         "[net:trace] received: ping (8 bytes) peer=0");
    EXPECT_EQ(prefix.time_us, kTimeUs + 678'901);
    EXPECT_TRUE(prefix.has_microseconds);
    EXPECT_EQ(prefix.mocktime_s, kTimeUs / 1'000'000 + 1);
    EXPECT_EQ(prefix.thread, "msghand");
    EXPECT_EQ(prefix.source_file, "net_processing.cpp");
    EXPECT_EQ(prefix.source_line, 4242);
    EXPECT_EQ(prefix.function, "ProcessMessage");
    EXPECT_EQ(prefix.category, "net");
    EXPECT_EQ(prefix.level, "trace");
    EXPECT_TRUE(prefix.suppressing);
    EXPECT_EQ(message, "received: ping (8 bytes) peer=0");
}

TEST(LogPrefix, ReadsALineWithoutAnything)
{
    const auto [prefix, message] = parse("Shutdown done");
    EXPECT_FALSE(prefix.time_us);
    EXPECT_EQ(prefix.level, "info");
    EXPECT_EQ(prefix.category, "");
    EXPECT_EQ(message, "Shutdown done");
}

TEST(LogPrefix, KnowsEveryFormOfATag)
{
    const std::string time = "2026-01-02T03:04:05Z ";
    struct Case {
        std::string tag, category, level;
    };
    for (const auto& [tag, category, level] : {Case{"", "", "info"},
                                               {"[validation] ", "validation", "debug"},
                                               {"[walletdb:trace] ", "walletdb", "trace"},
                                               {"[warning] ", "", "warning"},
                                               {"[error] ", "", "error"},
                                               {"[net:error] ", "net", "error"},
                                               {"[all:info] ", "", "info"},
                                               {"[newcategory] ", "newcategory", "debug"}}) {
        const auto [prefix, message] = parse(time + tag + "text");
        EXPECT_EQ(prefix.category, category) << tag;
        EXPECT_EQ(prefix.level, level) << tag;
        EXPECT_EQ(message, "text") << tag;
    }
}

TEST(LogPrefix, LeavesBracketsOfAMessageToIt)
{
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [background validation] UpdateTip: new").message,
              "[background validation] UpdateTip: new");
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [My Wallet] CommitTransaction:").message, "[My Wallet] CommitTransaction:");
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [net] [not a tag] text", ThreadNames::off).message, "[not a tag] text");
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [normal] Prune (Manual): prune_height=412").message,
              "[normal] Prune (Manual): prune_height=412");
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [prune] [normal] target=1MiB").message, "[normal] target=1MiB");
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [").message, "[");
    EXPECT_EQ(parse("2026-01-02T03:04:05Z [net]").message, "[net]");
}

TEST(LogPrefix, TellsAWalletsNameFromACategory)
{
    const auto category_of = [](PrefixParser& parser, const std::string& line) {
        const auto prefix = parser.parse(line);
        EXPECT_EQ(prefix.level, prefix.category.empty() ? "info" : "debug") << line;
        EXPECT_EQ(prefix.message_offset, line.find(prefix.category.empty() ? "[" : "text")) << line;
        return std::string{prefix.category};
    };
    PrefixParser parser{ThreadNames::off};
    EXPECT_EQ(category_of(parser, "[alice] text"), "alice") << "it may be a category that is new";
    EXPECT_EQ(category_of(parser, "[alice] setKeyPool.size() = 4000"), "");
    EXPECT_EQ(category_of(parser, "[alice] text"), "");
    EXPECT_EQ(category_of(parser, "[bob] text"), "bob");
    EXPECT_EQ(category_of(parser, "[net] Wallet completed loading in              12ms"), "")
        << "a wallet of that name";
    EXPECT_EQ(category_of(parser, "[net] text"), "net");
    const std::string source = "[wallet/wallet.h:939] [WalletLogPrintf] [carol] text";
    const auto prefix = parser.parse(source);
    EXPECT_EQ(prefix.category, "");
    EXPECT_EQ(prefix.message_offset, source.find("[carol]"));
}

TEST(LogPrefix, KeepsABoundedNumberOfWallets)
{
    PrefixParser parser{ThreadNames::off};
    std::string line;
    for (int i = 0; i < 5'000; ++i)
        (void)parser.parse(line = "[w" + std::to_string(i) + "] AddToWallet x");
    EXPECT_EQ(parser.parse(line = "[w0] text").category, "w0") << "forgotten";
    EXPECT_EQ(parser.parse(line = "[w4999] text").category, "");
}

TEST(LogPrefix, TakesAFunctionThatIsAWholeSignature)
{
    const auto [prefix, message] =
        parse("2026-01-02T03:04:05Z [init] [./a.h:12] [void f(const T&) [with T = int[2]]] [net] text");
    EXPECT_EQ(prefix.thread, "init");
    EXPECT_EQ(prefix.function, "void f(const T&) [with T = int[2]]");
    EXPECT_EQ(prefix.category, "net");
    EXPECT_EQ(message, "text");
}

TEST(LogPrefix, LearnsThreadNamesFromTheFirstLineOfANode)
{
    const std::string time = "2026-01-02T03:04:05Z ";
    EXPECT_EQ(learned_from({time + "Bitcoin Core version v31.0.0"}), ThreadNames::off);
    EXPECT_EQ(learned_from({time + "[init] Bitcoin Core version v31.0.0"}), ThreadNames::on);
    EXPECT_EQ(learned_from({time + "[all:info] Bitcoin Core version v31.0.0"}), ThreadNames::off);
    EXPECT_EQ(learned_from({time + "[init/common.cpp:153] [LogPackageVersion] Bitcoin Core version v31.0.0"}),
              ThreadNames::off);
    EXPECT_EQ(learned_from(
                  {time + "[init] [init/common.cpp:153] [LogPackageVersion] [all:info] Bitcoin Core version v31.0.0"}),
              ThreadNames::on);
    EXPECT_EQ(learned_from({time + "Bitcoin Core version v31.0.0", time + "[init] Bitcoin Core version v31.0.0"}),
              ThreadNames::on)
        << "the next run has other options";
}

TEST(LogPrefix, LearnsThreadNamesInTheMiddleOfALog)
{
    const std::string time = "2026-01-02T03:04:05Z ";
    EXPECT_EQ(learned_from({time + "[net] text"}), ThreadNames::unknown) << "a thread, or a category";
    EXPECT_EQ(learned_from({time + "[validation] text"}), ThreadNames::off);
    EXPECT_EQ(learned_from({time + "[msghand] text"}), ThreadNames::on);
    EXPECT_EQ(learned_from({time + "[net] [net] text"}), ThreadNames::unknown);
    EXPECT_EQ(learned_from({time + "[net] [validation] text"}), ThreadNames::on);
    EXPECT_EQ(learned_from({time + "[validation] text", time + "[msghand] UpdateTip: new best=00"}), ThreadNames::on);
}

TEST(LogPrefix, TellsAThreadFromACategoryOfTheSameName)
{
    PrefixParser parser{ThreadNames::on};
    EXPECT_EQ(parser.parse("2026-01-02T03:04:05Z [net] text").thread, "net");
    EXPECT_EQ(parser.parse("2026-01-02T03:04:05Z [net] text").category, "");
    EXPECT_EQ(parser.parse("2026-01-02T03:04:05Z [http] [net] text").category, "net");
    EXPECT_EQ(PrefixParser{ThreadNames::off}.parse("2026-01-02T03:04:05Z [net] text").category, "net");
}

TEST(LogPrefix, KeepsToWhatTheOperatorSays)
{
    PrefixParser parser{ThreadNames::off};
    (void)parser.parse("2026-01-02T03:04:05Z [init] Bitcoin Core version v31.0.0");
    EXPECT_EQ(parser.thread_names(), ThreadNames::off);
}

TEST(LogPrefix, TakesNoTimeFromWhatIsNone)
{
    for (const std::string text :
         {"2026-13-02T03:04:05Z x", "2026-02-30T03:04:05Z x", "2026-01-02T24:04:05Z x", "2026-01-02T03:04:05 x",
          "2026-01-02T03:04:05.123Z x", "2026-01-02T03:04:05Zx", "2026-01-02 03:04:05Z x", "", "2026"})
        EXPECT_FALSE(begins_with_time(text)) << text;
    EXPECT_TRUE(begins_with_time("2026-01-02T03:04:05Z "));
    EXPECT_TRUE(begins_with_time("[*] 2026-01-02T03:04:05.000000Z x"));
}

} // namespace
} // namespace peer_observer::log_extractor
