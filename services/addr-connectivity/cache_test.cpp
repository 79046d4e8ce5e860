#include "services/addr-connectivity/addr_connectivity_testing.h"
#include "services/addr-connectivity/cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace peer_observer::addr_connectivity {
namespace {

using proto::AddressChecked;

Known known(std::int64_t checked_s, Result result = AddressChecked::OK)
{
    return {.result = result, .connected = true, .checked_s = checked_s, .recheck_s = checked_s + 100};
}

TEST(Cache, KnowsAResultUntilItIsTimeToCheckAgain)
{
    Cache cache{"", 10};
    cache.put(numbered(1), known(1000));
    EXPECT_EQ(cache.find(numbered(2), 1000), nullptr);
    EXPECT_EQ(cache.find(numbered(1, 8334), 1000), nullptr);
    ASSERT_NE(cache.find(numbered(1), 1000), nullptr);
    EXPECT_NE(cache.find(numbered(1), 1099), nullptr);
    EXPECT_EQ(cache.find(numbered(1), 1100), nullptr);
    EXPECT_EQ(cache.find(numbered(1), 999), nullptr) << "the clock was set back";
}

TEST(Cache, ForgetsWhatWasCheckedLongestAgo)
{
    Cache cache{"", 3};
    for (unsigned i = 0; i < 3; ++i)
        cache.put(numbered(i), known(1000 + i));
    cache.put(numbered(0), known(1010)); // again
    cache.put(numbered(7), known(1011));
    EXPECT_EQ(cache.size(), 3U);
    EXPECT_EQ(cache.find(numbered(1), 1011), nullptr);
    EXPECT_NE(cache.find(numbered(0), 1011), nullptr);
    EXPECT_NE(cache.find(numbered(7), 1011), nullptr);
}

TEST(Cache, IsThereAfterARestart)
{
    const TemporaryFolder folder;
    const auto path = folder / "results.sqlite";
    const auto onion = *parse_address(std::string(56, 'a') + ".onion:8333");
    {
        Cache cache{path, 10};
        cache.put(numbered(1), known(1000));
        cache.put(onion, {.result = AddressChecked::TIMEOUT, .connected = false, .checked_s = 1001, .recheck_s = 2000});
        EXPECT_EQ(cache.flush(), "");
        cache.put(numbered(1), known(1050, AddressChecked::REFUSED));
        EXPECT_EQ(cache.flush(), "");
    }
    const Cache cache{path, 10};
    EXPECT_EQ(cache.size(), 2U);
    ASSERT_NE(cache.find(numbered(1), 1100), nullptr);
    EXPECT_EQ(cache.find(numbered(1), 1100)->result, AddressChecked::REFUSED);
    EXPECT_EQ(cache.find(numbered(1), 1100)->recheck_s, 1150);
    ASSERT_NE(cache.find(onion, 1500), nullptr);
    EXPECT_EQ(cache.find(onion, 1500)->result, AddressChecked::TIMEOUT);
    EXPECT_FALSE(cache.find(onion, 1500)->connected);
    const auto since = cache.checked_since(1001);
    ASSERT_EQ(since.size(), 2U);
    EXPECT_EQ(since[0], std::make_pair(onion, std::int64_t{1001}));
}

TEST(Cache, HasItsBoundInTheFileToo)
{
    const TemporaryFolder folder;
    const auto path = folder / "results.sqlite";
    {
        Cache cache{path, 5};
        for (unsigned i = 0; i < 50; ++i) {
            cache.put(numbered(i), known(1000 + i));
            if (i % 7 == 0) {
                EXPECT_EQ(cache.flush(), "");
            }
        }
        EXPECT_EQ(cache.flush(), "");
    }
    EXPECT_EQ(Cache(path, 1000).size(), 5U);
    EXPECT_EQ(Cache(path, 2).size(), 2U);
    EXPECT_NE(Cache(path, 2).find(numbered(49), 1060), nullptr);
}

TEST(Cache, RefusesAFileThatIsNotItsOwn)
{
    const TemporaryFolder folder;
    const auto text = folder / "text";
    std::ofstream{text} << std::string(5000, 'x');
    EXPECT_THROW(Cache(text, 10), std::runtime_error);
    EXPECT_THROW(Cache(folder / "no/such/folder", 10), std::runtime_error);

    const auto other = folder / "other.sqlite";
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(other.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, "CREATE TABLE t (x)", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
    EXPECT_THROW(Cache(other, 10), std::runtime_error);
}

TEST(Cache, BelongsToOneProcessAtATime)
{
    const TemporaryFolder folder;
    const auto path = folder / "results.sqlite";
    const Cache first{path, 10};
    EXPECT_THROW(Cache(path, 10), std::runtime_error);
}

TEST(Cache, PassesOverRowsThatAreNoAddresses)
{
    const TemporaryFolder folder;
    const auto path = folder / "results.sqlite";
    {
        Cache cache{path, 10};
        cache.put(numbered(1), known(1000));
        EXPECT_EQ(cache.flush(), "");
    }
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database,
                           "INSERT INTO result VALUES ('nonsense', 1, 1, 1, 1); "
                           "INSERT INTO result VALUES ('1.2.3.4:5', 99, 1, 1, 1);"
                           "INSERT INTO result VALUES (x'00ff', 1, 1, 1, 1)",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
    EXPECT_EQ(Cache(path, 10).size(), 1U);
}

} // namespace
} // namespace peer_observer::addr_connectivity
