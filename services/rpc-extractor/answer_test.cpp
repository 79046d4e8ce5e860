#include "libs/app/logging.h"
#include "services/rpc-extractor/answer.h"
#include "services/rpc-extractor/envelope.h"
#include "services/rpc-extractor/rpc_extractor_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace peer_observer::rpc_extractor {
namespace {

using testing::call_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kId = 7;
constexpr long kOk = 200;

class AnswerTest : public ::testing::Test {
protected:
    AnswerTest() { app::silence_protobuf(); }

    static std::string with_result(std::string_view result)
    {
        return fmt::format(R"({{"jsonrpc":"2.0","result":{},"id":7}})", result);
    }
    static std::string with_error(std::string_view error)
    {
        return fmt::format(R"({{"result":null,"error":{},"id":7}})", error);
    }

    static proto::Rpc read(std::string_view method, std::string_view result)
    {
        auto answer = read_answer(call_of(method), kId, kOk, with_result(result) + "\n");
        if (!answer) throw std::runtime_error{answer.error().text};
        return std::move(answer->rpc);
    }

    static Fault fault(std::string_view body, std::string_view method = "getmempoolinfo", long status = kOk)
    {
        auto answer = read_answer(call_of(method), kId, status, body);
        return answer ? Fault{Cause::how_many, "none"} : answer.error();
    }
    static std::string_view cause(std::string_view body, std::string_view method = "getmempoolinfo", long status = kOk)
    {
        const Fault found = fault(body, method, status);
        return found.cause == Cause::how_many ? "none" : name_of(found.cause);
    }
};

TEST_F(AnswerTest, TellsWhatAnObjectSays)
{
    const auto rpc =
        read("getmempoolinfo", R"({"loaded":true,"size":3,"total_fee":0.00000123,"usage":18446744073709551615})");
    const auto& info = rpc.getmempoolinfo();
    EXPECT_TRUE(info.loaded());
    EXPECT_EQ(info.size(), 3U);
    EXPECT_EQ(info.total_fee(), 0.00000123);
    EXPECT_EQ(info.usage(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_FALSE(info.has_bytes()) << "absent, not 0";
}

// -deprecatedrpc=warnings of Bitcoin Core; protobuf 3.21 makes an element of "", later versions refuse the answer.
TEST_F(AnswerTest, TakesWarningsAsTextOrList)
{
    EXPECT_THAT(read("getnetworkinfo", R"({"version":310000,"warnings":""})").getnetworkinfo().warnings(), IsEmpty());
    EXPECT_THAT(read("getnetworkinfo", R"({"warnings":"disk"})").getnetworkinfo().warnings(), ElementsAre("disk"));
    EXPECT_THAT(read("getblockchaininfo", R"({"warnings":["a","b"]})").getblockchaininfo().warnings(),
                ElementsAre("a", "b"));
}

TEST_F(AnswerTest, LosesOnlyTheFieldOfAnotherType)
{
    const auto answer = read_answer(
        call_of("getpeerinfo"), kId, kOk,
        with_result(
            R"([{"id":"4","addr":5,"inbound":1,"version":"x","network":{"a":1},"synced_headers":2.0,)"
            R"("bytesrecv_per_msg":{"tx":"7","inv":-1},"inflight":[1,"no",null],"pingtime":"0.5"},7,{"id":5}])"));
    ASSERT_TRUE(answer) << answer.error().text;
    const auto& peers = answer->rpc.getpeerinfo().peers();
    ASSERT_THAT(peers, SizeIs(2));
    EXPECT_EQ(peers[0].id(), 4);
    EXPECT_EQ(peers[0].addr(), "5");
    EXPECT_TRUE(peers[0].inbound());
    EXPECT_FALSE(peers[0].has_version());
    EXPECT_FALSE(peers[0].has_network());
    EXPECT_EQ(peers[0].synced_headers(), 2);
    EXPECT_THAT(peers[0].inflight(), ElementsAre(1));
    EXPECT_EQ(peers[0].pingtime(), 0.5);
    EXPECT_EQ(peers[0].bytesrecv_per_msg().at("tx"), 7U);
    EXPECT_EQ(peers[1].id(), 5);
    EXPECT_THAT(answer->unknown_fields, ::testing::IsSupersetOf({"version", "network", "inflight", "peers"}));
}

TEST_F(AnswerTest, LosesOnlyTheFieldOfAnotherTypeOfALargeAnswer)
{
    std::string entries;
    for (int i = 0; i < 70'000; ++i)
        entries +=
            fmt::format(R"({}"{}/{}":{{"address":"{:0>56}.onion","port":[{}],"services":1033,"time":1764400000}})",
                        i == 0 ? "" : ",", i / 64, i % 64, i, i % 65536);
    ASSERT_GT(entries.size(), std::size_t{8} << 20U);
    const auto answer =
        read_answer(call_of("getrawaddrman"), kId, kOk, with_result("{\"new\":{" + entries + "},\"tried\":{}}"));
    ASSERT_TRUE(answer) << answer.error().text;
    ASSERT_THAT(answer->rpc.getrawaddrman().new_(), SizeIs(70'000));
    EXPECT_EQ(answer->rpc.getrawaddrman().new_().at("1/0").services(), 1033U);
    EXPECT_FALSE(answer->rpc.getrawaddrman().new_().at("1/0").has_port());
    EXPECT_THAT(answer->unknown_fields, ElementsAre("port"));
}

// protobuf takes the name in camel case for the field's, too; from version 22 on it refuses a field that comes twice.
TEST_F(AnswerTest, TakesNamesAsTheyAreWritten)
{
    const auto answer = read_answer(call_of("getpeerinfo"), kId, kOk,
                                    with_result(R"([{"id":1,"mappedAs":"x","mapped_as":5,"id":2,"lastSend":7}])"));
    ASSERT_TRUE(answer) << answer.error().text;
    EXPECT_EQ(answer->rpc.getpeerinfo().peers(0).id(), 2);
    EXPECT_EQ(answer->rpc.getpeerinfo().peers(0).mapped_as(), 5U);
    EXPECT_THAT(answer->unknown_fields, ElementsAre("lastSend", "mappedAs"));
}

TEST_F(AnswerTest, TakesIdsAndErrorCodesAsText)
{
    EXPECT_EQ(cause(R"({"result":5,"error":null,"id":"7"})", "uptime"), "none");
    EXPECT_EQ(cause(R"({"result":5,"error":null,"id":"8"})", "uptime"), "wrong_id");
    EXPECT_EQ(cause(with_error(R"({"code":"-32601","message":"no such method"})"), "uptime"), "unknown_method");
}

TEST_F(AnswerTest, TellsWhatANumberAListAndAMapSay)
{
    EXPECT_EQ(read("uptime", "1234").uptime().seconds(), 1234);

    const auto peers =
        read("getpeerinfo", R"([{"id":4,"synced_headers":-1,"bytesrecv_per_msg":{"*other*":5}},{"id":5}])");
    ASSERT_THAT(peers.getpeerinfo().peers(), SizeIs(2));
    EXPECT_EQ(peers.getpeerinfo().peers(0).synced_headers(), -1);
    EXPECT_EQ(peers.getpeerinfo().peers(0).bytesrecv_per_msg().at("*other*"), 5U);

    const auto addrman = read("getaddrmaninfo", R"({"onion":{"new":2,"tried":1,"total":3}})");
    EXPECT_EQ(addrman.getaddrmaninfo().networks().at("onion").new_(), 2U);

    const auto raw = read("getrawaddrman", R"({"new":{"1/2":{"address":"192.0.2.1","port":8333}},"tried":{}})");
    EXPECT_EQ(raw.getrawaddrman().new_().at("1/2").port(), 8333U);
    EXPECT_THAT(read("listbanned", "[]").listbanned().bans(), IsEmpty());
}

TEST_F(AnswerTest, HasWhatWasAskedFor)
{
    const auto rpc = read("estimatesmartfee", R"({"feerate":0.00001234,"blocks":2})");
    EXPECT_EQ(rpc.estimatesmartfee().conf_target(), 1U);
    EXPECT_EQ(rpc.estimatesmartfee().estimate_mode(), "economical");
    EXPECT_EQ(rpc.estimatesmartfee().feerate(), 0.00001234);
}

TEST_F(AnswerTest, NamesTheFieldsThatItLeavesOut)
{
    const auto answer =
        read_answer(call_of("getpeerinfo"), kId, kOk,
                    with_result(R"([{"id":1,"novel":{"id":2,"deep":[3]}},{"novel":1,"id":2,"other_one":""}])"));
    ASSERT_TRUE(answer);
    EXPECT_THAT(answer->unknown_fields, ElementsAre("novel", "other_one"));
    EXPECT_EQ(answer->rpc.getpeerinfo().peers(0).id(), 1);

    const auto nested = read_answer(call_of("getmemoryinfo"), kId, kOk, with_result(R"({"locked":{"novel":1}})"));
    ASSERT_TRUE(nested);
    EXPECT_THAT(nested->unknown_fields, ElementsAre("novel"));

    const auto map = read_answer(call_of("getaddrmaninfo"), kId, kOk, with_result(R"({"novel":{"new":1,"lost":2}})"));
    ASSERT_TRUE(map);
    EXPECT_THAT(map->unknown_fields, ElementsAre("lost")) << "a network's name is no field";
}

TEST_F(AnswerTest, BoundsTheNamesOfUnknownFields)
{
    std::string fields = fmt::format(R"("{}":1,"a b":2)", std::string(kMaxFieldName + 1, 'x'));
    for (int i = 0; i < 1000; ++i)
        fields += fmt::format(R"(,"f{}":0)", i);
    const auto answer = read_answer(call_of("getmempoolinfo"), kId, kOk, with_result("{" + fields + "}"));
    ASSERT_TRUE(answer);
    EXPECT_LE(answer->unknown_fields.size(), 33U);
    EXPECT_TRUE(answer->unknown_fields.contains("other"));
}

TEST_F(AnswerTest, ReportsTheNodesErrors)
{
    for (const long status : {200L, 500L}) { // JSON-RPC 2.0 and 1.1
        EXPECT_EQ(cause(with_error(R"({"code":-28,"message":"Loading block index…"})"), "uptime", status),
                  "warming_up");
        EXPECT_EQ(cause(with_error(R"({"code":-32601,"message":"Method not found"})"), "uptime", status),
                  "unknown_method");
        EXPECT_EQ(cause(with_error(R"({"code":-1,"message":"no"})"), "uptime", status), "rpc_error");
    }
    EXPECT_EQ(fault(with_error(R"({"code":-8,"message":"bad\nthing…"})")).text, "bad?thing... (-8)");
    EXPECT_EQ(fault(with_error(R"({"code":-28,"message":"Loading block index…"})")).text,
              "Loading block index... (-28)");
    EXPECT_THAT(fault(with_error(fmt::format(R"({{"code":-8,"message":"{}"}})", std::string(10000, 'x')))).text.size(),
                ::testing::Lt(300U));
    EXPECT_EQ(cause(with_error("{}")), "rpc_error");
}

TEST_F(AnswerTest, ReportsHttpStatuses)
{
    EXPECT_EQ(cause("", "uptime", 401), "unauthorized");
    EXPECT_EQ(cause("", "uptime", 403), "forbidden");
    EXPECT_EQ(cause("Work queue depth exceeded", "uptime", 503), "overloaded");
    EXPECT_EQ(fault("Work queue depth exceeded\r\n", "uptime", 503).text, "HTTP 503: Work queue depth exceeded");
    EXPECT_EQ(cause("Request rejected during server shutdown", "uptime", 503), "shutting_down");
    EXPECT_EQ(cause("", "uptime", 503), "shutting_down");
    EXPECT_EQ(fault("Bad header", "uptime", 400).text, "HTTP 400: Bad header");
    EXPECT_EQ(cause("<html>", "uptime", 500), "http_status");
    EXPECT_EQ(cause("", "uptime", 302), "http_status");
    EXPECT_EQ(cause(with_result("1"), "uptime", 404), "http_status");
}

TEST_F(AnswerTest, RefusesWhatIsNoAnswerToTheCall)
{
    EXPECT_EQ(cause(R"({"result":{},"id":8})"), "wrong_id");
    EXPECT_EQ(cause(R"({"result":{},"id":null})"), "wrong_id");
    EXPECT_EQ(cause(R"({"result":{}})"), "malformed");
    EXPECT_EQ(cause(R"({"id":7})"), "malformed");
    EXPECT_EQ(cause(R"({"id":7,"result":null,"error":null})"), "malformed");
    EXPECT_EQ(cause(R"({"id":7,"result":{},"result":{}})"), "malformed");
    EXPECT_EQ(cause(R"([{"id":7,"result":{}}])"), "malformed");
    EXPECT_EQ(cause("7"), "malformed");
    EXPECT_EQ(cause(""), "malformed");
}

TEST_F(AnswerTest, RefusesMalformedJson)
{
    const auto whole = with_result(R"({"loaded":true,"size":3})");
    EXPECT_EQ(cause(whole), "none");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(cause(whole.substr(0, size)), "malformed") << size;
    EXPECT_EQ(cause(whole + "x"), "malformed");
    EXPECT_EQ(cause(whole + std::string(1, '\0')), "malformed");
    EXPECT_EQ(cause(with_result("{\"loaded\":\"\xff\"}")), "malformed");
    EXPECT_EQ(cause(with_result(R"({"loaded":"\ud800"})")), "malformed");
    EXPECT_EQ(cause(with_result(R"({"size":NaN})")), "malformed");
    EXPECT_EQ(cause(with_result(R"({"size":1e400})")), "malformed");
    EXPECT_THAT(fault(with_result("{]")).text, HasSubstr("at byte"));
}

TEST_F(AnswerTest, RefusesDeepNesting)
{
    const std::size_t depth = 1'000'000;
    EXPECT_EQ(cause(with_result(std::string(depth, '[') + std::string(depth, ']')), "getpeerinfo"), "malformed");
    EXPECT_EQ(cause(with_result(R"({"novel":)" + std::string(depth, '['))), "malformed");
}

TEST_F(AnswerTest, RemovesValuesOfAnotherTypeOrRange)
{
    for (const char* value : {"-1", "18446744073709551616", "1.5", "1e400", R"("x")", R"("-1")", "[1]", "{}", "true"}) {
        const auto answer = read_answer(call_of("getmempoolinfo"), kId, kOk,
                                        with_result(fmt::format(R"({{"size":{},"bytes":4}})", value)));
        if (!answer) { // no valid JSON number
            EXPECT_EQ(name_of(answer.error().cause), "malformed") << value;
            continue;
        }
        EXPECT_FALSE(answer->rpc.getmempoolinfo().has_size()) << value;
        EXPECT_EQ(answer->rpc.getmempoolinfo().bytes(), 4U) << value;
        EXPECT_THAT(answer->unknown_fields, ElementsAre("size")) << value;
    }
    EXPECT_EQ(cause(with_result("[]")), "unexpected_value");
    EXPECT_EQ(cause(with_result("5")), "unexpected_value");
    EXPECT_EQ(cause(with_result("[5]"), "getpeerinfo"), "unexpected_value");
    EXPECT_EQ(cause(with_result("99999999999999999999"), "uptime"), "unexpected_value");
}

TEST_F(AnswerTest, FitsAMessageForEveryCall)
{
    for (const Call& call : calls()) {
        const auto* arm = proto::Rpc::descriptor()->FindFieldByName(std::string{call.method});
        ASSERT_NE(arm, nullptr) << call.method;
        const std::string field{call.answer_field};
        EXPECT_TRUE(field.empty() || arm->message_type()->FindFieldByName(field) != nullptr) << call.method;
    }
}

} // namespace
} // namespace peer_observer::rpc_extractor
