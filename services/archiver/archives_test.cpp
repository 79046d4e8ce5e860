// Several archives of one archiver: what their options say, and that what goes wrong with one does not affect others.
#include "libs/app/app.h"
#include "services/archiver/archiver_testing.h"
#include "services/archiver/guarded_archive.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>
#include <sstream>

namespace peer_observer::archiver {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace po = boost::program_options;

std::vector<ArchiveOptions> read_config(const std::string& file, const std::vector<std::string>& words = {})
{
    po::options_description options;
    add_archive_options(options);
    po::variables_map values;
    po::store(po::command_line_parser{words}.options(options).run(), values);
    std::istringstream lines{file};
    po::store(po::parse_config_file(lines, options), values);
    return read_archives(values, nullptr);
}

std::string refusal_of_config(const std::string& file)
{
    try {
        read_config(file);
    } catch (const app::UsageError& error) {
        return error.what();
    }
    return "none";
}

TEST(ArchiveOptions, AreOneArchiveWithoutNames)
{
    const auto archives = read_config("directory = /a\nkeep-size = 3\nselect = kind=message\n");
    ASSERT_THAT(archives, SizeIs(1));
    EXPECT_EQ(archives[0].name, "default");
    EXPECT_EQ(archives[0].directory, "/a");
    EXPECT_EQ(archives[0].limits.bytes, std::uint64_t{3} << 20U);
    EXPECT_EQ(archives[0].stream.selection.alternatives().front().kinds, std::vector<std::string>{"message"});
}

TEST(ArchiveOptions, AreThoseOfSectionAndElseThoseOutside)
{
    const auto archives = read_config(R"(directory = /base
level = 9
keep-days = 30
kind = message
[archive.full]
select = kind=connection
select = message_type=version
tx-detail = ids
[archive.other]
directory = /elsewhere
level = 19
keep-size = 100
)",
                                      {"--archive.third.threads=2", "--archive.third.level", "1"});
    ASSERT_THAT(archives, SizeIs(3));
    EXPECT_EQ(archives[0].name, "full");
    EXPECT_EQ(archives[0].directory, "/base/full");
    EXPECT_EQ(archives[0].level, 9);
    EXPECT_EQ(archives[0].stream.tx_detail, TxDetail::ids);
    EXPECT_THAT(archives[0].stream.selection.alternatives(), SizeIs(2));
    EXPECT_EQ(archives[1].name, "other");
    EXPECT_EQ(archives[1].directory, "/elsewhere");
    EXPECT_EQ(archives[1].level, 19);
    EXPECT_EQ(archives[1].limits.bytes, std::uint64_t{100} << 20U);
    EXPECT_EQ(archives[1].limits.age, std::chrono::days{30});
    EXPECT_EQ(archives[1].stream.tx_detail, TxDetail::received);
    EXPECT_EQ(archives[1].stream.selection.alternatives().front().kinds, std::vector<std::string>{"message"});
    EXPECT_EQ(archives[2].directory, "/base/third");
    EXPECT_EQ(archives[2].level, 1);
    EXPECT_EQ(archives[2].threads, 2U);
}

TEST(ArchiveOptions, AreRefusedWithTheNameOfTheArchive)
{
    EXPECT_EQ(refusal_of_config("level = 3\n"), "--directory is needed");
    EXPECT_EQ(refusal_of_config("[archive.a]\nlevel = 3\n"), "archive a: --directory is needed");
    EXPECT_EQ(refusal_of_config("[archive.a]\ndirectory = /a\nlevel = 20\n"),
              "archive a: --level: 20 is not a number from 1 to 19");
    EXPECT_THAT(refusal_of_config("[archive.a]\ndirectory = /a\ncolour = blue\n"),
                AllOf(HasSubstr("archive a: "), HasSubstr("colour")));
    EXPECT_THAT(refusal_of_config("[archive.a]\ndirectory = /a\nselect = kind=connection,message_type=inv\n"),
                HasSubstr("archive a: no event of the kind connection has a message type"));
    EXPECT_EQ(refusal_of_config("[archive.a]\ndirectory = /a\n[archive.b]\ndirectory = /x/../a\n"),
              "the archives a and b have the same folder /a");
    EXPECT_THAT(refusal_of_config("[archive.a b]\ndirectory = /a\n"), HasSubstr("archive.NAME.OPTION"));
    EXPECT_THAT(refusal_of_config("[archive]\ndirectory = /a\n"), HasSubstr("archive.NAME.OPTION"));
    EXPECT_EQ(refusal_of_config("directory = /a\ntx-detail = all\n"),
              "--tx-detail takes received, full or ids, not 'all'");
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += "[archive.a" + std::to_string(i) + "]\ndirectory = /" + std::to_string(i) + "\n";
    EXPECT_EQ(refusal_of_config(many), "17 archives; at most 16 are written");
}

/// Two archives of the same events.
struct Pair {
    Pair(const std::filesystem::path& first, const std::filesystem::path& second)
        : good{{.name = "good", .directory = first}, 100, clock, bad_events},
          bad{{.name = "bad", .directory = second, .stream = {.frame_bytes = 8 << 10}}, 100, clock, bad_events}
    {
        for (auto* archive : {&good, &bad}) {
            try {
                archive->open();
            } catch (const std::exception& error) {
                archive->open_later(error.what());
            }
        }
    }

    void add(const proto::EventBatch& batch)
    {
        const auto bytes = batch.SerializeAsString();
        for (auto* archive : {&good, &bad})
            archive->add({*events::parse_batch(bytes), 0, std::nullopt});
        clock.now += 10s;
        for (auto* archive : {&good, &bad})
            archive->tick();
    }

    FakeClock clock;
    app::testing::CapturedLog log;
    app::BadEvents bad_events;
    GuardedArchive good;
    GuardedArchive bad;
};

TEST(Archives, AreWrittenWhileAnotherHasNoFolder)
{
    const TemporaryFolder folder;
    const auto blocked = folder / "blocked";
    write_file(blocked, "a file where the folder would be");
    Pair archives{folder / "good", blocked};
    EXPECT_FALSE(archives.bad.is_open());
    EXPECT_EQ(archives.bad.counters().failing_streams, 1U);
    EXPECT_TRUE(archives.log.contains("cannot write the archive bad"));
    archives.add(make_batch(0, 100));
    archives.add(make_batch(100, 100));
    EXPECT_EQ(archives.bad.counters().failing_streams, 1U);

    std::filesystem::remove(blocked);
    archives.add(make_batch(200, 100));
    archives.add(make_batch(300, 100));
    EXPECT_TRUE(archives.bad.is_open());
    EXPECT_EQ(archives.bad.counters().failing_streams, 0U);
    archives.good.close();
    archives.bad.close();
    expect_complete(read_folder(folder / "good"), 400);
    EXPECT_THAT(read_folder(folder / "good").gaps, IsEmpty());
    EXPECT_EQ(read_folder(blocked).sequences.size(), 100U) << "from when it could be written";
}

TEST(Archives, AreWrittenWhileTheDiskOfAnotherIsFull)
{
    const TemporaryFolder folder;
    const auto disk = folder / "disk";
    std::filesystem::create_directory(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=128k") != 0) GTEST_SKIP() << "cannot mount a small tmpfs";
    std::uint64_t next = 0;
    {
        Pair archives{folder / "good", disk / "archive"};
        const auto& counters = archives.bad.counters();
        for (int i = 0; i < 100'000 && counters.not_written_events < 1000; ++i, next += 40)
            archives.add(make_batch(next, 40));
        EXPECT_GE(counters.not_written_events, 1000U);
        EXPECT_EQ(archives.good.counters().not_written_events, 0U);
        EXPECT_EQ(archives.good.counters().failing_streams, 0U);
        archives.good.close();
        archives.bad.close();
    }
    const auto found = read_folder(folder / "good");
    EXPECT_THAT(found.gaps, IsEmpty());
    expect_complete(found, next);
    EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST(Archives, HaveTheirOwnSelectionAndDetail)
{
    const TemporaryFolder folder;
    proto::EventBatch batch;
    batch.set_schema_version(events::kSchemaVersion);
    batch.set_node("alice");
    const auto add = [&](const std::string& type) -> proto::PeerMessage& {
        auto& message = *batch.add_events()->mutable_message()->mutable_inbound();
        message.set_message_type(type);
        return message;
    };
    add("addrv2").mutable_payload()->mutable_addrv2()->add_addresses()->set_address("192.0.2.1");
    add("addrv2").mutable_payload()->mutable_addrv2(); // empty
    auto& undecodable = add("addrv2");
    undecodable.set_decode_error("ends within an address");
    undecodable.set_raw("\x01\x02");
    auto& transaction = *add("tx").mutable_payload()->mutable_tx();
    transaction.set_txid("id");
    transaction.set_raw("bytes");
    batch.add_events()->mutable_connection()->mutable_closed();
    const auto bytes = batch.SerializeAsString();

    FakeClock clock;
    app::BadEvents bad_events;
    const auto configured = read_config("directory = " + folder.path().native() + R"(
[archive.addr-relay]
select = message_type=addr|addrv2
[archive.low-data]
select = kind=connection
select = message_type=tx
tx-detail = ids
)");
    for (const auto& options : configured) {
        GuardedArchive archive{options, 100, clock, bad_events};
        archive.open();
        archive.add({*events::parse_batch(bytes), 0, std::nullopt});
        archive.close();
    }
    const auto addresses = read_folder(folder / "addr-relay");
    EXPECT_THAT(addresses.sequences, ElementsAre(0, 1, 2)) << "also what is empty or cannot be decoded";
    EXPECT_THAT(addresses.gaps, IsEmpty());
    for (std::size_t i = 0; i < addresses.events.size(); ++i)
        EXPECT_EQ(addresses.events[i], batch.events(static_cast<int>(i)).SerializeAsString());
    const auto low_data = read_folder(folder / "low-data");
    EXPECT_THAT(low_data.sequences, ElementsAre(3, 4));
    transaction.clear_raw();
    EXPECT_EQ(low_data.events[0], batch.events(3).SerializeAsString());
    const archive::Reader reader{files_in(folder / "low-data").front()};
    EXPECT_THAT(reader.header()->selection().alternatives(), ElementsAre("kind=connection", "message_type=tx"));
    EXPECT_EQ(reader.header()->selection().tx_detail(), "ids");
}

} // namespace
} // namespace peer_observer::archiver
