#include "libs/asmap/asmap_testing.h"
#include "libs/tables/model.h"
#include "libs/tables/row_text.h"
#include "libs/tables/rows.h"
#include "libs/tables/schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace peer_observer::tables {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Model& model()
{
    static const Model instance;
    return instance;
}

/// Rows as JSON lines, by table.
class Lines final : public RowSink {
public:
    void add(const Table& table, std::span<const Value> values) override
    {
        ASSERT_EQ(values.size(), table.columns.size()) << table.name;
        for (std::size_t i = 0; i < values.size(); ++i)
            ASSERT_TRUE(table.columns[i].is_nullable || !std::holds_alternative<std::monostate>(values[i]))
                << table.name << "." << table.columns[i].name;
        std::string line;
        append_json(table, values, line);
        line.pop_back();
        by_table[table.name].push_back(line);
        std::string binary;
        append_row_binary(table, values, binary); // takes the variant that the column's type says, or throws
    }

    std::map<std::string, std::vector<std::string>> by_table;
};

std::map<std::string, std::vector<std::string>> rows_of(const proto::Event& event)
{
    Lines lines;
    RowMaker{model()}.add({"alpha", 0xab, 7}, event, lines);
    return lines.by_table;
}

proto::Event message_event()
{
    proto::Event event;
    event.set_timestamp_ns(5);
    event.set_pid(9);
    auto& message = *event.mutable_message()->mutable_inbound();
    message.set_peer_id(3);
    message.set_address("[2001:db8::1]:8333");
    message.set_connection_type("inbound");
    message.set_message_type("inv");
    message.set_size(37);
    return event;
}

constexpr auto kMessageStart = R"({"node":"alpha","publisher_id":"00000000000000ab","sequence":7,)";
constexpr auto kOfPeer =
    R"("direction":"inbound","peer_id":3,"host":"2001:db8::1","port":8333,"connection_type":"inbound")";

TEST(Rows, HaveTheMessageAndItsItems)
{
    auto event = message_event();
    auto& item = *event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_inv()->add_items();
    item.set_type(proto::InventoryItem::WTX);
    item.set_hash(std::string("\x01", 1) + std::string(31, '\0'));
    event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_inv()->add_items()->set_type(
        static_cast<proto::InventoryItem::Type>(77));
    const auto rows = rows_of(event);
    EXPECT_EQ(rows.size(), 2);
    EXPECT_THAT(rows.at("message"),
                ElementsAre(fmt::format(R"({}"timestamp_ns":5,"pid":9,"process_start_ms":0,"direction":"inbound",)"
                                        R"("peer_id":3,"host":"2001:db8::1","port":8333,"connection_type":"inbound",)"
                                        R"("message_type":"inv","size":37,"payload":"inv"}})",
                                        kMessageStart)));
    EXPECT_THAT(rows.at("message_inv_items"),
                ElementsAre(fmt::format(R"({}"position":0,"timestamp_ns":5,{},"type":"WTX","hash":"{}01"}})",
                                        kMessageStart, kOfPeer, std::string(62, '0')),
                            fmt::format(R"({}"position":1,"timestamp_ns":5,{},"type":"77","hash":""}})", kMessageStart,
                                        kOfPeer)));
}

TEST(Rows, NumberListsInLists)
{
    auto event = message_event();
    auto& block = *event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_block();
    block.add_transactions()->add_outputs()->set_value_sat(1);
    auto& second = *block.add_transactions();
    second.add_outputs()->set_value_sat(2);
    second.add_outputs()->set_value_sat(3);
    second.add_inputs()->set_sequence(4);
    const auto rows = rows_of(event);
    EXPECT_EQ(rows.at("message_block_transactions").size(), 2);
    EXPECT_THAT(rows.at("message_block_transactions_outputs").at(2),
                HasSubstr(R"("sequence":7,"parent_position":1,"position":1,)"));
    EXPECT_THAT(rows.at("message_block_transactions_outputs").at(2), HasSubstr(R"("value_sat":3,)"));
    EXPECT_THAT(rows.at("message_block_transactions_inputs").at(0), HasSubstr(R"("inputs_sequence":4)"));
}

TEST(Rows, TellAbsentFromZero)
{
    proto::Event event;
    event.mutable_rpc()->mutable_uptime();
    EXPECT_THAT(rows_of(event).at("rpc_uptime").at(0), Not(HasSubstr("seconds")));
    event.mutable_rpc()->mutable_uptime()->set_seconds(0);
    EXPECT_THAT(rows_of(event).at("rpc_uptime").at(0), HasSubstr(R"("seconds":0)"));
    auto version = message_event();
    version.mutable_message()->mutable_inbound()->mutable_payload()->mutable_version()->mutable_sender();
    const auto rows = rows_of(version);
    EXPECT_THAT(rows.at("message_version").at(0), HasSubstr(R"("sender_services":0)"));
    EXPECT_THAT(rows.at("message_version").at(0), Not(HasSubstr("receiver_services")));
}

TEST(Rows, KeepEveryAddressAsItWas)
{
    const std::map<std::string, std::string> cases = {
        {"192.0.2.1:8333", R"("host":"192.0.2.1","port":8333,)"},
        {"192.0.2.1:0", R"("host":"192.0.2.1","port":0,)"},
        {"[::1]:1", R"("host":"::1","port":1,)"},
        {"abc.onion:80", R"("host":"abc.onion","port":80,)"},
        // What does not come back the same by joining the two.
        {"192.0.2.1", R"("host":"192.0.2.1",)"},
        {"192.0.2.1:08333", R"("host":"192.0.2.1:08333",)"},
        {"192.0.2.1:65536", R"("host":"192.0.2.1:65536",)"},
        {"::1", R"("host":"::1",)"},
        {"[name]:5", R"("host":"[name]:5",)"},
        {"a:", R"("host":"a:",)"},
        {"", R"("host":"",)"},
    };
    for (const auto& [address, columns] : cases) {
        auto event = message_event();
        event.mutable_message()->mutable_inbound()->set_address(address);
        EXPECT_THAT(rows_of(event).at("message").at(0),
                    HasSubstr(R"("peer_id":3,)" + columns + R"("connection_type")"));
    }
}

TEST(Rows, SortMapsByKey)
{
    proto::Event event;
    auto& peer = *event.mutable_rpc()->mutable_getpeerinfo()->add_peers();
    for (const auto* name : {"tx", "addr", "ping"})
        (*peer.mutable_bytessent_per_msg())[name] = 1;
    const auto rows = rows_of(event).at("rpc_getpeerinfo_peers_bytessent_per_msg");
    ASSERT_EQ(rows.size(), 3);
    EXPECT_THAT(rows[0], HasSubstr(R"("position":0,"timestamp_ns":0,"key":"addr","value":1)"));
    EXPECT_THAT(rows[2], HasSubstr(R"("key":"tx")"));
}

TEST(Rows, KeepBytesOfPeersAndNumbersThatAreNone)
{
    auto event = message_event();
    auto& version = *event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_version();
    version.set_user_agent("/\xff/");
    version.set_nonce(0xfedcba9876543210);
    EXPECT_THAT(rows_of(event).at("message_version").at(0), HasSubstr(R"(,"user_agent_hex":"2fff2f")"));
    EXPECT_THAT(rows_of(event).at("message_version").at(0), HasSubstr(R"("nonce":"fedcba9876543210")"));
    proto::Event tip;
    tip.mutable_log()->mutable_tip_updated()->set_log2_work(std::nan(""));
    EXPECT_THAT(rows_of(tip).at("log_tip_updated").at(0), Not(HasSubstr("log2_work")));
}

TEST(Rows, HaveUnreadableArguments)
{
    auto event = message_event();
    event.add_unreadable_arguments(2);
    event.add_unreadable_arguments(4);
    EXPECT_THAT(rows_of(event).at("event_unreadable_arguments").at(1),
                HasSubstr(R"("sequence":7,"position":1,"timestamp_ns":5,"value":4})"));
}

TEST(Rows, TellOfKindsThatTheyDoNotHave)
{
    proto::Event event;
    event.mutable_mempool(); // an arm of a later version
    EXPECT_THAT(rows_of(event).at("losses").at(0), HasSubstr(R"("cause":"UNKNOWN_KIND","table_name":"")"));
    EXPECT_THAT(rows_of({}).at("losses").at(0), HasSubstr(R"("count":1)"));
}

TEST(Rows, HaveTheAutonomousSystemOfEachAddress)
{
    const auto systems = asmap::systems_of({{"2a00::/16", 6}});
    auto event = message_event();
    event.mutable_message()->mutable_inbound()->set_address("[2a00::1]:8333");
    auto& addresses = *event.mutable_message()->mutable_inbound()->mutable_payload()->mutable_addr();
    addresses.add_addresses()->set_address("2a00::2");
    addresses.add_addresses()->set_address("10.0.0.1");
    Lines lines;
    RowMaker{model(), systems.get()}.add({"alpha", 1, 2}, event, lines);
    EXPECT_THAT(lines.by_table.at("message").at(0), HasSubstr(R"("port":8333,"mapped_as":6,)"));
    const auto& parts = lines.by_table.at("message_addr_addresses");
    EXPECT_THAT(parts.at(0), HasSubstr(R"("port":8333,"mapped_as":6,"connection_type")"));
    EXPECT_THAT(parts.at(0), HasSubstr(R"("address":"2a00::2","addresses_mapped_as":6)"));
    EXPECT_THAT(parts.at(1), Not(HasSubstr("addresses_mapped_as")));
    // What the event says itself stands.
    proto::Event anomaly;
    auto& peer = *anomaly.mutable_anomaly()->mutable_opened()->add_nodes()->add_peers();
    peer.set_address("[2a00::3]:1");
    peer.set_mapped_as(7);
    anomaly.mutable_anomaly()->mutable_opened()->mutable_nodes(0)->add_peers()->set_address("[2a00::4]:1");
    RowMaker{model(), systems.get()}.add({"alpha", 1, 2}, anomaly, lines);
    EXPECT_THAT(lines.by_table.at("anomaly_opened_nodes_peers").at(0), HasSubstr(R"("mapped_as":7)"));
    EXPECT_THAT(lines.by_table.at("anomaly_opened_nodes_peers").at(1), HasSubstr(R"("mapped_as":6)"));
}

TEST(Model, HasATableOfEveryKind)
{
    for (const auto* name : {"events_lost", "message", "message_processed", "message_inv_items",
                             "message_addrv2_addresses", "message_headers_headers", "message_tx_inputs",
                             "message_block_txids", "connection_inbound", "mempool_added", "validation_block_connected",
                             "rpc_getpeerinfo_peers", "log_peer_disconnected", "anomaly_opened_nodes_peers", "losses"})
        EXPECT_NE(model().find(name), nullptr) << name;
    // Their type says it all, or they have nothing but lists.
    for (const auto* name : {"message_verack", "message_inv", "message_payload", "message_outbound"})
        EXPECT_EQ(model().find(name), nullptr) << name;
}

TEST(Model, HasNoTwoNamesThatDifferInCaseOnly)
{
    std::set<std::string> tables;
    for (const auto& table : model().tables()) {
        EXPECT_TRUE(tables.insert(table->name).second) << table->name;
        std::set<std::string> columns;
        for (const auto& column : table->columns) {
            std::string lower = column.name;
            for (char& c : lower)
                c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            EXPECT_EQ(lower, column.name) << table->name;
            EXPECT_TRUE(columns.insert(lower).second) << table->name << "." << column.name;
        }
        EXPECT_FALSE(columns.contains("timestamp")) << "ClickHouse has that of timestamp_ns";
        EXPECT_EQ(table->columns[0].name + table->columns[1].name + table->columns[2].name, "nodepublisher_idsequence");
    }
}

TEST(Model, HasAColumnMoreForAFieldMore)
{
    google::protobuf::FileDescriptorProto mempool;
    proto::MempoolRejected::descriptor()->file()->CopyTo(&mempool);
    for (auto& message : *mempool.mutable_message_type()) {
        if (message.name() != "MempoolRejected") continue;
        auto& field = *message.add_field();
        field.set_name("weight_wu");
        field.set_number(100);
        field.set_type(google::protobuf::FieldDescriptorProto::TYPE_UINT32);
        field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    }
    google::protobuf::DescriptorPool pool;
    std::set<std::string> built{std::string{mempool.name()}};
    const std::function<void(const google::protobuf::FileDescriptor&)> build = [&](const auto& file) {
        if (std::string name{file.name()}; built.contains(name) && name != mempool.name()) return;
        built.insert(std::string{file.name()});
        for (int i = 0; i < file.dependency_count(); ++i)
            build(*file.dependency(i));
        google::protobuf::FileDescriptorProto copy;
        file.CopyTo(&copy);
        const auto* made = pool.BuildFile(copy.name() == mempool.name() ? mempool : copy);
        ASSERT_NE(made, nullptr) << copy.name();
    };
    build(*proto::Event::descriptor()->file());
    const Model later{*pool.FindMessageTypeByName("peer_observer.proto.Event")};
    ASSERT_EQ(later.tables().size(), model().tables().size());
    const auto& table = *later.find("mempool_rejected");
    EXPECT_EQ(table.columns.size(), model().find("mempool_rejected")->columns.size() + 1);
    EXPECT_EQ(table.columns.back().name, "weight_wu");
    EXPECT_THAT((ClickHouseSchema{"d"}.add_column(table, table.columns.back())),
                ElementsAre("ALTER TABLE `d`.`mempool_rejected` ADD COLUMN `weight_wu` UInt32 AFTER `reason`"));
}

TEST(Csv, TellsNullFromEmpty)
{
    const Table table{
        "t", "", {{"a", Type::text, true}, {"b", Type::peer_text}, {"c", Type::hash}, {"d", Type::int64}}, 1};
    std::string out;
    append_csv_header(table, out);
    append_csv(table, std::vector<Value>{Value{}, std::string_view{""}, std::string_view{"\x01\xab"}, std::int64_t{-1}},
               out);
    append_csv(
        table,
        std::vector<Value>{std::string_view{"x,\"\n"}, std::string_view{"\xff"}, std::string_view{""}, std::int64_t{0}},
        out);
    EXPECT_EQ(out, "a,b,c,d\n,\"\",01ab,-1\n\"x,\"\"\n\",\xef\xbf\xbd,\"\",0\n");
}

TEST(RowBinary, HasNumbersAndTextsAsClickHouseReadsThem)
{
    const Table table{
        "t", "", {{"a", Type::uint32, true}, {"b", Type::uint32, true}, {"c", Type::text}, {"d", Type::int32}}, 1};
    std::string out;
    append_row_binary(table, std::vector<Value>{Value{}, std::uint64_t{258}, std::string_view{"hi"}, std::int64_t{-2}},
                      out);
    EXPECT_EQ(out, std::string("\x01\x00\x02\x01\x00\x00\x02hi\xfe\xff\xff\xff", 13));
}

TEST(Schema, DistributesReplicatedTablesOfACluster)
{
    const auto made = ClickHouseSchema{"d", "c"}.create(*model().find("mempool_added"));
    ASSERT_EQ(made.size(), 2);
    EXPECT_THAT(made[0], HasSubstr("CREATE TABLE IF NOT EXISTS `d`.`mempool_added_local` ON CLUSTER `c` ("));
    EXPECT_THAT(
        made[0],
        HasSubstr(
            "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/d/mempool_added', '{replica}') PARTITION BY"));
    EXPECT_THAT(made[0], HasSubstr("ORDER BY (node, timestamp_ns, publisher_id, sequence)"));
    EXPECT_THAT(made[0], HasSubstr("timestamp DateTime('UTC') MATERIALIZED"));
    EXPECT_THAT(made[1], HasSubstr("Distributed(`c`, `d`, `mempool_added_local`, cityHash64(node, publisher_id, "));
    EXPECT_THAT(made[1], HasSubstr("timestamp DateTime('UTC') ALIAS")); // the shards would refuse it
}

TEST(Schema, SortsNoRowByWhatCanChange)
{
    for (const auto& table : model().tables()) {
        const auto made = ClickHouseSchema{"d"}.create(*table).at(0);
        const auto order = made.substr(made.find("ORDER BY"));
        for (std::size_t i = 0; i < table->key_size; ++i)
            EXPECT_THAT(order, HasSubstr(table->columns[i].name)) << table->name;
    }
    const auto losses = ClickHouseSchema{"d"}.create(model().losses()).at(0);
    EXPECT_THAT(losses.substr(losses.find("ORDER BY")), Not(HasSubstr("timestamp_ns")));
}

} // namespace
} // namespace peer_observer::tables
