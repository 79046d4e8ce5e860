#include "services/rpc-extractor/http.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace peer_observer::rpc_extractor {
namespace {

TEST(Endpoint, IsAHostAndAPortOrASocket)
{
    EXPECT_EQ(Endpoint::parse("127.0.0.1:8332").url, "http://127.0.0.1:8332/");
    EXPECT_EQ(Endpoint::parse("[::1]:8332").url, "http://[::1]:8332/");
    EXPECT_EQ(Endpoint::parse("node.example:1").url, "http://node.example:1/");
    EXPECT_EQ(Endpoint::parse("unix:/run/rpc.sock").unix_socket, "/run/rpc.sock");
    for (const auto* bad : {"", "localhost", ":8332", "localhost:", "localhost:0", "localhost:65536", "localhost:x",
                            "user@localhost:1", "localhost/x:1", "unix:"})
        EXPECT_THROW(Endpoint::parse(bad), std::invalid_argument) << bad;
    EXPECT_THROW(Endpoint::parse("unix:" + std::string(108, 'x')), std::invalid_argument);
}

class CredentialsTest : public ::testing::Test {
protected:
    CredentialsTest()
    {
        const int file = mkstemp(path_.data());
        if (file < 0) throw std::runtime_error{"no temporary file"};
        close(file);
    }
    ~CredentialsTest() override { std::filesystem::remove(path_); }

    std::expected<Credentials, Fault> cookie(const std::string& content)
    {
        std::ofstream{path_, std::ios::binary} << content;
        return read_credentials({path_, "", ""});
    }

    std::string path_ = std::filesystem::temp_directory_path() / "rpc_extractor_test_XXXXXX";
};

TEST_F(CredentialsTest, AreReadAnewEachTime)
{
    EXPECT_EQ(cookie("__cookie__:abc"), (Credentials{"__cookie__", "abc"}));
    EXPECT_EQ(cookie("__cookie__:d:ef\n"), (Credentials{"__cookie__", "d:ef"}));
}

TEST_F(CredentialsTest, ReadsUserAndPasswordFile)
{
    std::ofstream{path_} << "secret:x\r\nignored\n";
    EXPECT_EQ(read_credentials({"", "alice", path_}), (Credentials{"alice", "secret:x"}));
}

TEST_F(CredentialsTest, AreRefusedWithTheFilesNameButNotItsContent)
{
    for (const auto* bad : {"", "\n", "no_colon"}) {
        const auto credentials = cookie(bad);
        ASSERT_FALSE(credentials) << bad;
        EXPECT_EQ(credentials.error().cause, Cause::credentials);
        EXPECT_TRUE(credentials.error().text.starts_with(path_ + ": "));
        EXPECT_EQ(credentials.error().text.find("no_colon"), std::string::npos);
    }
    EXPECT_FALSE(cookie(std::string(5000, 'x') + ":"));
    EXPECT_FALSE(read_credentials({std::filesystem::temp_directory_path(), "", ""}));
    std::filesystem::remove(path_);
    EXPECT_EQ(read_credentials({path_, "", ""}).error().text, path_ + ": No such file or directory");
}

} // namespace
} // namespace peer_observer::rpc_extractor
