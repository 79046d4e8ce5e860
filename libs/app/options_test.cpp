#include "libs/app/option_values.h"
#include "libs/app/options.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;
using ::testing::AllOf;
using ::testing::HasSubstr;

Service make_service()
{
    Service service{.name = "tool", .description = "Does a thing.", .example = "peer-observer-tool --size 1"};
    auto add = service.options.add_options();
    add("size", po::value<Count>()->default_value({7}));
    add("source", po::value<std::vector<std::string>>()->default_value({"default"}, "default"));
    add("wait", po::value<Seconds>());
    add("node", po::value<std::string>());
    return service;
}

Options parse(std::vector<const char*> words)
{
    words.insert(words.begin(), "peer-observer-tool");
    return parse_options(static_cast<int>(words.size()), words.data(), make_service());
}

std::string usage_error(const std::vector<const char*>& words)
{
    try {
        parse(words);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "no error";
}

class ConfigFile {
public:
    explicit ConfigFile(const std::string& content)
    {
        close(mkstemp(path_.data()));
        std::ofstream{path_} << content;
    }
    ~ConfigFile() { std::remove(path_.c_str()); }
    const char* path() const { return path_.c_str(); }

private:
    std::string path_ = ::testing::TempDir() + "peer-observer-config-XXXXXX";
};

TEST(Options, HaveDefaults)
{
    const auto options = parse({}).values;
    EXPECT_EQ(options["size"].as<Count>().value, 7U);
    EXPECT_EQ(options["log-level"].as<std::string>(), "info");
    EXPECT_EQ(options["metrics-address"].as<std::string>(), "");
}

TEST(Options, PreferCommandLineToConfigFile)
{
    const ConfigFile file{"# a comment\nsize = 1\nnode = from-file\nlog-level = debug\nsource = a\nsource = b\n"};
    const auto options = parse({"--config", file.path(), "--size", "2", "--source", "c"}).values;
    EXPECT_EQ(options["size"].as<Count>().value, 2U);
    EXPECT_EQ(options["node"].as<std::string>(), "from-file");
    EXPECT_EQ(options["log-level"].as<std::string>(), "debug");
    EXPECT_THAT(options["source"].as<std::vector<std::string>>(), ::testing::ElementsAre("c"));
}

TEST(Options, PreferConfigFileToDefaults)
{
    const ConfigFile file{"source = a\nsource = b\n"};
    const auto options = parse({"--config", file.path()}).values;
    EXPECT_THAT(options["source"].as<std::vector<std::string>>(), ::testing::ElementsAre("a", "b"));
}

TEST(Options, NameUnknownAndAbbreviatedOnes)
{
    EXPECT_THAT(usage_error({"--colour"}), HasSubstr("--colour"));
    EXPECT_THAT(usage_error({"--siz", "1"}), HasSubstr("--siz"));
    EXPECT_THAT(usage_error({"--size"}), HasSubstr("--size"));
    EXPECT_THAT(usage_error({"--size", "1", "--size", "2"}), HasSubstr("--size"));
    EXPECT_THAT(usage_error({"more"}), HasSubstr("'more'"));
}

TEST(Options, NameOnesWithBadNumbers)
{
    for (const char* value : {"-1", "x", "1x", "", " 1", "+1", "1.5", "18446744073709551616"})
        EXPECT_THAT(usage_error({"--size", value}), HasSubstr("--size")) << value;
    for (const char* value : {"-1", "0", "x", "1s", "nan", "inf", "1e99"})
        EXPECT_THAT(usage_error({"--wait", value}), HasSubstr("--wait")) << value;
}

TEST(Options, ReadWholeAndFractionalSeconds)
{
    EXPECT_EQ(parse({"--wait", "90"}).values["wait"].as<Seconds>().value, std::chrono::seconds{90});
    EXPECT_EQ(parse({"--wait", "0.25"}).values["wait"].as<Seconds>().value, std::chrono::milliseconds{250});
}

TEST(Options, NameFileAndOptionInErrorsOfConfigFile)
{
    const ConfigFile unknown{"colour = red\n"};
    EXPECT_THAT(usage_error({"--config", unknown.path()}), AllOf(HasSubstr(unknown.path()), HasSubstr("colour")));
    const ConfigFile bad_value{"size = big\n"};
    EXPECT_THAT(usage_error({"--config", bad_value.path()}), AllOf(HasSubstr(bad_value.path()), HasSubstr("size")));
    const ConfigFile no_option{"what is this\n"};
    EXPECT_THAT(usage_error({"--config", no_option.path()}), HasSubstr(no_option.path()));
    const ConfigFile nested{"config = other\n"};
    EXPECT_THAT(usage_error({"--config", nested.path()}), HasSubstr("config"));
}

TEST(Options, RefuseNamesOfBoostPlaceholders)
{
    EXPECT_THAT(usage_error({"--size", "a%value%"}), HasSubstr("%value%"));
    EXPECT_THAT(usage_error({"--%canonical_option%"}), HasSubstr("%canonical_option%"));
    const ConfigFile file{"size = '%value%'\n"};
    EXPECT_THAT(usage_error({"--config", file.path()}), AllOf(HasSubstr(file.path()), HasSubstr("%value%")));
}

TEST(Options, NameAConfigFileThatCannotBeRead)
{
    EXPECT_THAT(usage_error({"--config", "/nowhere/x.conf"}),
                AllOf(HasSubstr("/nowhere/x.conf"), HasSubstr("No such file")));
    EXPECT_THAT(usage_error({"--config", "/"}), HasSubstr("Is a directory"));
}

TEST(Options, TakePositionalArguments)
{
    Service service = make_service();
    service.arguments = "source";
    const std::vector<const char*> words = {"peer-observer-tool", "a", "--node", "n", "b"};
    const auto options = parse_options(static_cast<int>(words.size()), words.data(), service);
    EXPECT_THAT(options.values["source"].as<std::vector<std::string>>(), ::testing::ElementsAre("a", "b"));
}

TEST(Options, ShowDescriptionAndExampleInHelp)
{
    const auto answer = parse({"--help", "--node", "x"}).answer.value();
    for (const char* part : {"Usage: peer-observer-tool", "Does a thing.", "--size", "--log-level", "--metrics-address",
                             "--config", "--version", "Example:\n  peer-observer-tool --size 1\n"})
        EXPECT_THAT(answer, HasSubstr(part));
}

TEST(Options, ShowProgramAndVersion)
{
    EXPECT_EQ(parse({"--version"}).answer.value(), "peer-observer-tool " PEER_OBSERVER_VERSION "\n");
}

} // namespace
} // namespace peer_observer::app
