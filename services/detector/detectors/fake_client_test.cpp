#include "services/detector/testing/robustness.h"

namespace peer_observer::detector::testing {
namespace {

using FakeClient = Robustness;

TEST_F(FakeClient, CountsTrailingBytesOfAnyType)
{
    for (const auto* type : {"mempool", "sendheaders", "filterclear", "getaddr", "feefilter"}) {
        Lab another;
        Node its_node{another};
        sim_node::Connection peer{its_node.script, kHost};
        peer.shake_hands();
        peer.receive("ping", {}); // one contradiction, and two are needed
        another.finish();
        EXPECT_THAT(another.kinds(), IsEmpty());
        peer.receive(type, Bytes(59));
        another.finish();
        EXPECT_THAT(another.kinds(), ElementsAre("fake_client")) << type;
    }
}

} // namespace
} // namespace peer_observer::detector::testing
