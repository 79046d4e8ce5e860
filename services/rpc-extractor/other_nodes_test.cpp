// Answers as other nodes give them. The fields and texts of btcd are those of btcjson/chainsvrresults.go and
// rpcserver.go of July 2026, those of Bitcoin Knots of its src/rpc; the values are ours.
#include "libs/app/logging.h"
#include "services/rpc-extractor/answer.h"
#include "services/rpc-extractor/rpc_extractor_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <expected>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::rpc_extractor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OtherNodes : public ::testing::Test {
protected:
    OtherNodes() { app::silence_protobuf(); }

    std::expected<Answer, Fault> answer(std::string_view method, std::string_view body, long status = 200)
    {
        return read_answer(testing::call_of(method), 7, status, body);
    }

    proto::Rpc take(std::string_view method, std::string_view result)
    {
        auto found = answer(method, fmt::format(R"({{"jsonrpc":"2.0","result":{},"error":null,"id":7}})", result));
        if (!found) throw std::runtime_error{found.error().text};
        unknown = found->unknown_fields;
        return std::move(found->rpc);
    }

    std::string fault(std::string_view method, std::string_view body, long status = 200)
    {
        const auto found = answer(method, body, status);
        return found ? "none" : fmt::format("{}: {}", name_of(found.error().cause), found.error().text);
    }

    std::set<std::string> unknown; ///< fields of the latest answer
};

TEST_F(OtherNodes, AcceptsPeersOfBtcd)
{
    const auto rpc = take("getpeerinfo", R"([{"id":12,"addr":"192.0.2.7:8333","addrlocal":"10.0.0.2:51234",)"
                                         R"("services":"00000009","relaytxes":true,"lastsend":1764400000,)"
                                         R"("lastrecv":1764400001,"bytessent":1000,"bytesrecv":2000,)"
                                         R"("conntime":1764300000,"timeoffset":-1,"pingtime":15234,"pingwait":92.5,)"
                                         R"("version":70016,"subver":"/Satoshi:30.0.0/","inbound":false,)"
                                         R"("startingheight":925000,"currentheight":925010,"banscore":0,)"
                                         R"("feefilter":100,"syncnode":true,"v2_connection":false}])");
    ASSERT_THAT(rpc.getpeerinfo().peers(), SizeIs(1));
    const auto& peer = rpc.getpeerinfo().peers(0);
    EXPECT_EQ(peer.id(), 12);
    EXPECT_EQ(peer.services(), "00000009");
    EXPECT_EQ(peer.pingtime(), 15234) << "microseconds; the README says so";
    EXPECT_EQ(peer.startingheight(), 925000);
    EXPECT_FALSE(peer.has_minping());
    EXPECT_FALSE(peer.has_network());
    EXPECT_THAT(unknown, ElementsAre("banscore", "currentheight", "feefilter", "syncnode", "v2_connection"));
}

TEST_F(OtherNodes, AcceptsOtherAnswersOfBtcd)
{
    EXPECT_EQ(take("uptime", "86400").uptime().seconds(), 86400);
    const auto mempool = take("getmempoolinfo", R"({"size":3,"bytes":700})");
    EXPECT_EQ(mempool.getmempoolinfo().bytes(), 700U);
    EXPECT_FALSE(mempool.getmempoolinfo().has_usage());
    EXPECT_EQ(take("getnettotals", R"({"totalbytesrecv":1,"totalbytessent":2,"timemillis":1764400000000})")
                  .getnettotals()
                  .totalbytessent(),
              2U);
    EXPECT_EQ(take("getchaintips", R"([{"height":925010,"hash":"00","branchlen":0,"status":"active"}])")
                  .getchaintips()
                  .tips(0)
                  .height(),
              925010);

    const auto chain =
        take("getblockchaininfo",
             R"({"chain":"mainnet","blocks":925010,"headers":925010,"bestblockhash":"00","difficulty":1.5,)"
             R"("mediantime":1764400000,"pruned":false,"warnings":null,"softforks":null,)"
             R"("unifiedsoftforks":{"taproot":{"type":"bip9","bip9":{"status":"active","bit":2},"active":true}}})");
    EXPECT_EQ(chain.getblockchaininfo().blocks(), 925010);
    EXPECT_THAT(chain.getblockchaininfo().warnings(), IsEmpty());
    EXPECT_FALSE(chain.getblockchaininfo().has_verificationprogress());
    EXPECT_THAT(unknown, ElementsAre("softforks", "unifiedsoftforks"));
}

// It would be an error every ten seconds for as long as it runs.
TEST_F(OtherNodes, DoesNotCallMissingMethodsOfBtcdAgain)
{
    EXPECT_EQ(fault("getaddrmaninfo",
                    R"({"jsonrpc":"2.0","result":null,"error":{"code":-32601,"message":"Method not found"},"id":7})"),
              "unknown_method: Method not found (-32601)");
    EXPECT_EQ(fault("getnetworkinfo",
                    R"({"jsonrpc":"2.0","result":null,"error":{"code":-1,"message":"Command unimplemented"},"id":7})"),
              "unknown_method: Command unimplemented (-1)");
    // Its requests have no named parameters: it does not get as far as the id.
    EXPECT_EQ(fault("getorphantxs", R"({"jsonrpc":"1.0","result":null,"error":{"code":-32700,"message":)"
                                    R"("Failed to parse request: json: cannot unmarshal object"},"id":null})"),
              "unknown_method: Failed to parse request: json: cannot unmarshal object (-32700)");
    EXPECT_EQ(fault("uptime", R"({"result":null,"error":null,"id":null})"), "wrong_id: the answer to another call");
}

TEST_F(OtherNodes, ReportsBusyBtcdAsOverloaded)
{
    EXPECT_EQ(fault("uptime", "503 Too busy.  Try again later.\n", 503),
              "overloaded: HTTP 503: 503 Too busy.  Try again later.");
    EXPECT_EQ(fault("uptime", "401 Unauthorized.\n", 401), "unauthorized: HTTP 401: wrong user, password or cookie");
}

TEST_F(OtherNodes, AcceptsAnswersOfKnots)
{
    const auto network =
        take("getnetworkinfo", R"({"version":210100,"subversion":"/Satoshi:0.21.1/Knots:20210629/",)"
                               R"("protocolversion":70016,"localservices":"0000000000000409","connections":8,)"
                               R"("networks":[{"name":"onion","limited":true,"reachable":false,"proxy":"",)"
                               R"("proxy_randomize_credentials":false}],"localaddresses":[],"warnings":""})");
    EXPECT_THAT(network.getnetworkinfo().warnings(), IsEmpty());
    EXPECT_EQ(network.getnetworkinfo().networks(0).name(), "onion");
    EXPECT_THAT(unknown, IsEmpty());

    const auto peers = take("getpeerinfo", R"([{"id":1,"addr":"192.0.2.7:8333","network":"ipv4","addnode":true,)"
                                           R"("banscore":0,"whitelisted":false,"permissions":["noban"],)"
                                           R"("bytessent_per_msg":{"ping":32},"connection_type":"manual"}])");
    EXPECT_EQ(peers.getpeerinfo().peers(0).connection_type(), "manual");
    EXPECT_THAT(unknown, ElementsAre("addnode", "banscore", "whitelisted"));

    const auto mempool =
        take("getmempoolinfo", R"({"loaded":true,"size":1,"bytes":200,"incrementalrelayfee":0.00001,"fullrbf":true,)"
                               R"("fee_histogram":{"0":{"sizes":200,"count":1,"fees":200,"from_feerate":0,)"
                               R"("to_feerate":1},"total_fees":200}})");
    EXPECT_EQ(mempool.getmempoolinfo().incrementalrelayfee(), 0.00001);
    EXPECT_THAT(unknown, ElementsAre("fee_histogram"));

    const auto chain = take("getblockchaininfo", R"({"chain":"main","blocks":5,"size_on_disk":1000,"softforks":{},)"
                                                 R"("warnings":"This is a pre-release test build"})");
    EXPECT_THAT(chain.getblockchaininfo().warnings(), ElementsAre("This is a pre-release test build"));
    EXPECT_THAT(unknown, ElementsAre("softforks"));
}

} // namespace
} // namespace peer_observer::rpc_extractor
