#include "libs/asmap/asmap_testing.h"
#include "libs/asmap/autonomous_systems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace peer_observer::asmap {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// AS 4 for IPv4, AS 6 for IPv6.
std::string by_family() { return AsmapWriter{}.add_default(6).add_ipv4_prefix().add_return(4).file(); }

TEST(FindAs, LooksUpAsBitcoinCoreDoes)
{
    const auto asmap = Asmap::parse(by_family());
    ASSERT_TRUE(asmap);
    const auto find = [&](const char* text) { return find_as(*asmap, base::parse_ip(text).value()); };
    EXPECT_EQ(find("8.8.8.8"), 4U);
    EXPECT_EQ(find("::ffff:8.8.8.8"), 4U);
    EXPECT_EQ(find("2a00:1450::1"), 6U);
    // An IPv4 address inside: SIIT, NAT64, 6to4, Teredo.
    EXPECT_EQ(find("::ffff:0:8.8.8.8"), 4U);
    EXPECT_EQ(find("64:ff9b::808:808"), 4U);
    EXPECT_EQ(find("2002:808:808::1"), 4U);
    EXPECT_EQ(find("2001:0:1234::f7f7:f7f7"), 4U);
    EXPECT_EQ(find("64:ff9b:1::808:808"), 6U);
    EXPECT_EQ(find("2001:1::1"), 6U);
    // Not routable.
    for (const char* text :
         {"10.1.2.3", "127.0.0.1", "203.0.113.7", "::ffff:192.168.0.1", "::1", "2001:db8::1", "fc00::1",
          "fd6b:88c0:8724::1", "fd87:d87e:eb43::1", "fe80::1", "0.0.0.0", "255.255.255.255", "::"})
        EXPECT_EQ(find(text), 0U) << text;
}

TEST(FindAs, TakesTheIpv4AddressFromItsPlace)
{
    // AS 1 for 8.0.0.0/8, AS 2 for the rest of IPv4.
    const auto asmap =
        Asmap::parse(AsmapWriter{}.add_ipv4_prefix().add_default(2).add_match(0x108).add_return(1).file());
    ASSERT_TRUE(asmap);
    const auto find = [&](const char* text) { return find_as(*asmap, base::parse_ip(text).value()); };
    for (const char* text :
         {"8.1.1.1", "::ffff:0:8.1.1.1", "64:ff9b::801:101", "2002:801:101::909:909", "2001:0:909:909::f7fe:fefe"})
        EXPECT_EQ(find(text), 1U) << text;
    for (const char* text :
         {"9.1.1.1", "::ffff:0:9.1.1.1", "64:ff9b::901:101", "2002:901:101::808:808", "2001:0:808:808::f6fe:fefe"})
        EXPECT_EQ(find(text), 2U) << text;
}

class AutonomousSystemsTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        std::string path = ::testing::TempDir() + "asmap.XXXXXX";
        ASSERT_NE(mkdtemp(path.data()), nullptr);
        folder_ = path;
        asmap_ = path + "/ip_asn.dat";
        names_ = path + "/names.tsv";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    static void write(const std::string& path, const std::string& text)
    {
        std::ofstream{path, std::ios::binary} << text;
    }

    std::filesystem::path folder_;
    std::string asmap_;
    std::string names_;
};

TEST_F(AutonomousSystemsTest, AreReadFromFiles)
{
    EXPECT_FALSE(AutonomousSystems{}.are_known());
    EXPECT_EQ(AutonomousSystems{}.find("8.8.8.8"), 0U);

    write(asmap_, by_family());
    write(names_, "4\tfour\n");
    const AutonomousSystems systems{asmap_, names_};
    EXPECT_TRUE(systems.are_known());
    EXPECT_EQ(systems.find("8.8.8.8"), 4U);
    EXPECT_EQ(systems.find("abcdefghij.onion"), 0U);
    EXPECT_EQ(systems.find(""), 0U);
    EXPECT_EQ(systems.names().find(4), "four");
    EXPECT_EQ(AutonomousSystems(asmap_, "").names().size(), 0U);
}

TEST_F(AutonomousSystemsTest, NamesTheFileThatCannotBeUsed)
{
    const auto construct = [&] { AutonomousSystems{asmap_, names_}; };
    EXPECT_THAT(construct, ThrowsMessage<std::runtime_error>(EndsWith("ip_asn.dat: No such file or directory")));
    write(asmap_, "\xff");
    EXPECT_THAT(construct, ThrowsMessage<std::runtime_error>(HasSubstr("ip_asn.dat is no asmap: ")));
    write(asmap_, by_family());
    EXPECT_THAT(construct, ThrowsMessage<std::runtime_error>(EndsWith("names.tsv: No such file or directory")));
    ASSERT_EQ(mkfifo(names_.c_str(), 0600), 0);
    EXPECT_THAT(construct, ThrowsMessage<std::runtime_error>(HasSubstr("names.tsv: ")));
}

TEST_F(AutonomousSystemsTest, KeepsWhatWasKnownWhenAReloadFails)
{
    write(asmap_, by_family());
    write(names_, "4\tfour\n");
    AutonomousSystems systems{asmap_, names_};
    write(asmap_, "");
    write(names_, "4\tnew\n");
    EXPECT_THAT([&] { systems.reload(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("ip_asn.dat is no asmap: it ends")));
    EXPECT_EQ(systems.find("8.8.8.8"), 4U);
    EXPECT_EQ(systems.names().find(4), "four");
    write(asmap_, AsmapWriter{}.add_return(9).file());
    systems.reload();
    EXPECT_EQ(systems.find("8.8.8.8"), 9U);
    EXPECT_EQ(systems.names().find(4), "new");
}

} // namespace
} // namespace peer_observer::asmap
