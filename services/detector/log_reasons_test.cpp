// What the node's log says of a refused block or a peer that withholds one, joined with what the extractor saw.
#include "services/detector/testing/robustness.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::detector::testing {
namespace {

using Report = proto::AnomalyReport;

std::string bytes_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

proto::Event checked(const Hash& block, const char* reason)
{
    proto::Event event;
    auto& checked = *event.mutable_log()->mutable_block_checked();
    checked.set_hash(bytes_of(block));
    checked.set_reject_reason(reason);
    return event;
}

class LogReasonsOfNode : public ::testing::Test {
protected:
    /// By the two publishers of one node: the batches of both, as they were sent.
    std::vector<StoredBatch> sent;
    Node node{[this](const auto& batch) { sent.push_back(batch); }, "alpha", 1};
    Node log{[this](const auto& batch) { sent.push_back(batch); }, "alpha", 2};
    Node other_log{[this](const auto& batch) { sent.push_back(batch); }, "beta", 3};
    sim_node::Script& script = node.script;

    void write(proto::Event event, double seconds_later = 0)
    {
        log.set_clock(node.now() + detector::seconds(seconds_later));
        log.add(std::move(event));
    }
    void send_invalid(const Mined& block, const char* reason, const std::string& host = kHost)
    {
        sim_node::Connection peer{script, host};
        peer.shake_hands();
        peer.receive("block", block.bytes, [&] {
            write(checked(block.hash, reason));
            peer.misbehave("");
        });
    }
    /// Everything that comes out, where the batches arrive in this order.
    static std::vector<std::string> published(const std::vector<StoredBatch>& batches)
    {
        Lab lab;
        for (const auto& batch : batches)
            lab.observe(batch);
        lab.finish();
        std::vector<std::string> result;
        for (const auto& event : lab.published)
            result.push_back(event.ShortDebugString());
        return result;
    }
    std::vector<Report> opened() const
    {
        Lab lab;
        for (const auto& batch : sent)
            lab.observe(batch);
        lab.finish();
        return lab.opened();
    }
    /// One publisher's first, then the other's.
    std::vector<StoredBatch> sent_by_turns(std::uint64_t first) const
    {
        std::vector<StoredBatch> result;
        for (const bool is_first : {true, false})
            for (const auto& batch : sent)
                if ((batch.publisher_id == first) == is_first) result.push_back(batch);
        return result;
    }
};

double figure(const Report& report, std::string_view name)
{
    for (const auto& figure : report.nodes(0).figures())
        if (figure.name() == name) return figure.value();
    return 0;
}

std::ptrdiff_t evidence_of(const Report& report, std::uint64_t publisher)
{
    return std::ranges::count_if(report.nodes(0).evidence(),
                                 [&](const auto& evidence) { return evidence.publisher_id() == publisher; });
}

TEST_F(LogReasonsOfNode, NameReasonOfInvalidBlock)
{
    const Mined block = mined(script);
    send_invalid(block, "bad-cb-amount");
    const auto reports = opened();
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_EQ(reports[0].kind(), "invalid_block");
    EXPECT_EQ(figure(reports[0], "log: bad-cb-amount"), 1);
    EXPECT_EQ(evidence_of(reports[0], 2), 1);
}

TEST_F(LogReasonsOfNode, AreTheSameInEitherOrderOfArrival)
{
    for (const auto* reason : {"bad-cb-amount", "bad-txns-duplicate"}) {
        send_invalid(mined(script), reason, script.distinct_host());
        script.wait(2);
    }
    const auto extractor_first = published(sent_by_turns(1));
    EXPECT_EQ(extractor_first, published(sent_by_turns(2)));
    EXPECT_EQ(extractor_first, published(sent));
    EXPECT_THAT(extractor_first.back(), ::testing::HasSubstr("log: bad-txns-duplicate"));
}

TEST_F(LogReasonsOfNode, ChangeNothingWhereTheyAreOfAnotherNodeBlockOrTime)
{
    const Mined block = mined(script);
    send_invalid(block, "");
    const auto without = published(sent);
    other_log.set_clock(node.now());
    other_log.add(checked(block.hash, "bad-cb-amount"));
    write(checked(script.random.hash(), "bad-cb-amount"));
    write(checked(block.hash, "bad-cb-amount"), 30);
    EXPECT_EQ(without, published(sent));
}

TEST_F(LogReasonsOfNode, NameThePeersMutatedBlock)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    peer.receive("block", mined(script).bytes, [&] {
        proto::Event mutated;
        mutated.mutable_log()->mutable_block_mutated()->set_reject_reason("bad-txnmrklroot");
        write(mutated);
        proto::Event received;
        received.mutable_log()->mutable_mutated_block_received()->set_peer_id(peer.id());
        write(received, 0.001);
        peer.misbehave("mutated block");
    });
    const auto reports = opened();
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_EQ(figure(reports[0], "log: bad-txnmrklroot"), 1);
}

TEST_F(LogReasonsOfNode, SayThatTheNodeGaveUpOnPeerThatStalls)
{
    sim_node::Connection silent{script, kHost, "outbound-full-relay"};
    sim_node::Connection other{script, script.distinct_host(), "outbound-full-relay"};
    silent.shake_hands().send("getdata", inventory(Inventory::witness_block, {mined(script).hash}));
    for (int i = 0; i < 60; ++i) {
        script.wait(10);
        silent.receive("ping", payloads::nonce(7));
        other.receive("ping", payloads::nonce(7));
    }
    proto::Event timeout;
    timeout.mutable_log()->mutable_block_download_timeout()->set_peer_id(silent.id());
    write(timeout);
    silent.close();
    for (int i = 0; i < 40; ++i) {
        script.wait(10);
        other.receive("ping", payloads::nonce(7));
    }
    Lab lab;
    for (const auto& batch : sent)
        lab.observe(batch);
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("block_stall"));
    const auto& last = lab.published.back().anomaly();
    ASSERT_TRUE(last.has_closed());
    EXPECT_EQ(figure(last.closed(), "log: timeout of block download"), 1);
}

TEST_F(LogReasonsOfNode, TellNoPeersApartOfSeveralProcesses)
{
    node.pid = 7;
    sim_node::Connection{script, script.distinct_host()}.shake_hands();
    node.pid = 8;
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    peer.receive("block", mined(script).bytes, [&] {
        for (int i = 0; i < 2; ++i) {
            proto::Event event;
            if (i == 0)
                event.mutable_log()->mutable_block_mutated()->set_reject_reason("bad-txnmrklroot");
            else
                event.mutable_log()->mutable_mutated_block_received()->set_peer_id(peer.id());
            write(event);
        }
        peer.misbehave("mutated block");
    });
    const auto reports = opened();
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_EQ(evidence_of(reports[0], 2), 0);
}

TEST_F(LogReasonsOfNode, AreBounded)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 5'000; ++i) {
        const Mined block = mined(script);
        const auto reason = std::string(1'000, 'x') + std::to_string(i);
        peer.receive("block", block.bytes, [&] {
            write(checked(block.hash, reason.c_str()));
            peer.misbehave("");
        });
    }
    script.wait(400);
    const auto reports = opened();
    ASSERT_THAT(reports, ::testing::Not(IsEmpty()));
    for (const auto& report : reports) {
        for (const auto& figure : report.nodes(0).figures())
            EXPECT_LE(figure.name().size(), 64 + std::string_view{"log: "}.size());
        EXPECT_LE(report.nodes(0).figures_size(), 16);
        EXPECT_LE(report.nodes(0).evidence_size(), 12);
    }
}

} // namespace
} // namespace peer_observer::detector::testing
