"""The p2p-extractor as a peer of real nodes: what it publishes against what the nodes themselves say."""

import os
import signal
import statistics
import subprocess

import pytest

import harness
from delaying_relay import Relay
from measuring_peer import P2pExtractor
from node import Node, find_bitcoind, require_bitcoind

ADDRESS = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"  # of nobody
LONG = os.environ.get("PEER_OBSERVER_LONG_TESTS") == "1"
AGENT = "/peer-observer-p2p-extractor:"


@pytest.fixture(autouse=True)
def bitcoind():
    return require_bitcoind()


class Watched:
    """A node and the p2p-extractor, connected in one of the two directions. With a delay, through a relay."""

    def __init__(self, directory, direction, *options, delay=0.0, interval=0.2, transport="v1"):
        self.direction = direction
        self.transport = transport
        self.directory = directory
        self.node = Node(directory / "node", find_bitcoind(), *options)
        self.delay = delay
        self.interval = interval
        self.open = []

    def enter(self, context):
        self.open.append(context)
        return context.__enter__()

    def between(self, port):
        return self.enter(Relay(port, self.delay)).port if self.delay else port

    def __enter__(self):
        if self.direction == "FROM_NODE":
            self.extractor = self.enter(P2pExtractor(self.directory, "--accept", "127.0.0.1:0", "--transport", self.transport, interval=self.interval))
            self.events = self.enter(harness.Events(self.extractor.url))
            self.node.options = (*self.node.options, f"-addnode=127.0.0.1:{self.between(self.extractor.port())}")
            self.enter(self.node)
        else:
            self.extractor = self.enter(P2pExtractor(
                self.directory, "--connect", f"127.0.0.1:{self.between(self.node.port)}", "--transport", self.transport, interval=self.interval))
            self.events = self.enter(harness.Events(self.extractor.url))
            self.enter(self.node)
        self.wait_for("ping_answered")
        return self

    def __exit__(self, *_):
        for context in reversed(self.open):
            context.__exit__(None, None, None)

    def wait_for(self, name, **conditions):
        return self.events.wait_for(f"p2p_extractor.{name}", **conditions)

    def peer(self):
        """What the node says of us, once it has us as a peer."""
        def ours():
            return [peer for peer in self.node.rpc.getpeerinfo() if peer["subver"].startswith(AGENT)]
        (peer,) = harness.wait_until(ours, "the node has the extractor as a peer")
        return peer


DIRECTIONS = pytest.mark.parametrize("direction", ["FROM_NODE", "TO_NODE"])


@DIRECTIONS
def test_stays_a_peer_of_the_node(directory, direction):
    with Watched(directory, direction, "-debug=net") as watched:
        peer = watched.peer()
        assert peer["connection_type"] == {"FROM_NODE": "manual", "TO_NODE": "inbound"}[direction]
        assert (peer["transport_protocol_type"], peer["services"], peer["relaytxes"]) == ("v1", "0000000000000000", True)
        assert peer["bip152_hb_from"]
        connection = watched.wait_for("ping_answered")["connection"]
        assert connection["direction"] == direction
        assert connection["own_address"] == peer["addr"]
        assert connection["node_address"] == peer["addrbind"]
        # Core tries v2 first where it dials, and v1 when that was closed at once.
        assert watched.extractor.ended("not_v1_or_other_network") == (1 if direction == "FROM_NODE" else 0)
        # It answers the node's own pings.
        watched.node.rpc.ping()
        harness.wait_until(lambda: watched.peer()["bytesrecv_per_msg"].get("pong"), "it has answered a ping")
        watched.wait_for("ping_answered", after=watched.events.mark(), count=10)
        assert "Misbehaving" not in (watched.node.directory / "regtest/debug.log").read_text()


def has_v2_transport():
    """Without libsecp256k1, --transport v2 is wrong usage, and the program says why."""
    run = subprocess.run([harness.program("peer-observer-p2p-extractor"), "--connect", "127.0.0.1:1", "--listen", "tcp://127.0.0.1:0", "--transport", "v2",
                          "--user-agent", "x" * 257], capture_output=True, text=True, timeout=30)
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1
    return "built without libsecp256k1" not in run.stderr


@DIRECTIONS
def test_speaks_v2_transport(directory, direction):
    if not has_v2_transport():
        pytest.skip("this build has no libsecp256k1 with ElligatorSwift")
    with Watched(directory, direction, "-debug=net", interval=0.02, transport="v2") as watched:
        peer = watched.peer()
        assert peer["transport_protocol_type"] == "v2"
        assert f"session id {peer['session_id']}" in watched.extractor.wait_for_log("encrypted by the v2 transport")
        # The keys change after 224 packets of each direction.
        answered = watched.wait_for("ping_answered", count=300, timeout=120)
        assert {event["connection"]["id"] for event in answered} == {answered[0]["connection"]["id"]}
        for _ in range(2):
            (block,) = watched.node.rpc.generatetoaddress(1, ADDRESS)
            watched.wait_for("block_announced", hash=block)
        assert watched.extractor.ended("not_v1_or_other_network") == 0
        log = (watched.node.directory / "regtest/debug.log").read_text()
        assert "V2 transport error" not in log and "Misbehaving" not in log


def test_speaks_v1_with_a_node_that_dials_so(directory):
    if not has_v2_transport():
        pytest.skip("this build has no libsecp256k1 with ElligatorSwift")
    with Watched(directory, "FROM_NODE", "-v2transport=0", transport="v2") as watched:
        peer = watched.peer()
        assert (peer["transport_protocol_type"], peer["session_id"]) == ("v1", "")


def test_reports_version_of_the_node(directory):
    with Watched(directory, "TO_NODE") as watched:
        (connected,) = watched.events.find("p2p_extractor.connected")
        info = watched.node.rpc.getnetworkinfo()
        assert connected["version"]["user_agent"] == info["subversion"]
        assert connected["version"]["version"] == info["protocolversion"]
        assert connected["handshake_duration_ns"] > 0
        assert connected["connect_duration_ns"] > 0


def medians_of_latency(watched, samples):
    """In milliseconds: what the p2p-extractor measures, and what the node does."""
    mark = watched.events.mark()
    theirs = []
    for _ in range(samples):
        last = watched.peer()["bytesrecv_per_msg"].get("pong", 0)
        watched.node.rpc.ping()
        harness.wait_until(lambda last=last: watched.peer()["bytesrecv_per_msg"].get("pong", 0) > last, "a pong")
        harness.wait_until(lambda: "pingwait" not in watched.peer(), "the pong was looked at")
        theirs.append(float(watched.peer()["pingtime"]) * 1e3)
    ours = [event["round_trip_ns"] / 1e6 for event in watched.wait_for("ping_answered", after=mark, count=samples)]
    return statistics.median(ours), statistics.median(theirs)


@DIRECTIONS
def test_measures_latency_as_the_node_does(directory, direction):
    """Both ends ping over a cable that takes 25 ms each way: what is measured from a wrong moment differs by more than a millisecond
    in every round. A busy machine, which lets one end wait, does not in all of them."""
    with Watched(directory, direction, delay=0.025, interval=0.1) as watched:
        for _ in range(8):
            ours, theirs = medians_of_latency(watched, 21)
            print(f"{direction}: ours {ours:.3f} ms, the node's {theirs:.3f} ms")
            assert min(ours, theirs) >= 50
            if abs(ours - theirs) < 1:
                return
        pytest.fail("the medians differ")


def test_shows_waiting_ping_of_stopped_node(directory):
    seconds = 60 if LONG else 3
    with Watched(directory, "FROM_NODE", interval=0.5) as watched:
        connection = watched.wait_for("ping_answered")["connection"]["id"]
        mark = watched.events.mark()
        watched.node.program.signal(signal.SIGSTOP)
        backlog = watched.wait_for("ping_waiting", after=mark, where=lambda event: event["waiting_ns"] >= seconds * 1e9, timeout=seconds + 30)
        assert watched.extractor.figure("ping_waiting_seconds") >= seconds
        watched.node.program.signal(signal.SIGCONT)
        answered = watched.wait_for("ping_answered", after=mark, where=lambda event: event["round_trip_ns"] >= seconds * 1e9)
        assert answered["round_trip_ns"] > backlog["waiting_ns"]
        harness.wait_until(lambda: watched.extractor.figure("ping_waiting_seconds") < seconds, "the backlog is gone")
        assert watched.wait_for("ping_answered", after=watched.events.mark())["connection"]["id"] == connection
        assert not watched.events.find("p2p_extractor.disconnected")
        waited = [event["waiting_ns"] for event in watched.events.find("p2p_extractor.ping_waiting", after=mark)]
        assert waited == sorted(waited)


@DIRECTIONS
def test_measures_restarted_node_again(directory, direction):
    with Watched(directory, direction) as watched:
        for _ in range(2):
            mark = watched.events.mark()
            watched.node.stop()
            ended = watched.wait_for("disconnected", after=mark)
            assert ended["reason"] in ("CLOSED_BY_NODE", "NETWORK_ERROR")
            watched.node.start()
            # Core dials its added nodes at its start, and then once a minute (ThreadOpenAddedConnections()).
            watched.wait_for("connected", after=mark, timeout=90)
            answered = watched.wait_for("ping_answered", after=watched.events.mark())
            assert answered["connection"]["id"] > ended["connection"]["id"]


def test_distinguishes_two_nodes(directory):
    with Node(directory / "a", find_bitcoind(), "-uacomment=a") as alpha, Node(directory / "b", find_bitcoind(), "-uacomment=b") as beta, \
            P2pExtractor(directory, "--connect", f"alpha={alpha.address}", "--connect", f"beta={beta.address}", "--accept",
                         "beta=127.0.0.1:0") as extractor, \
            harness.Events(extractor.url) as events:
        def of(node):
            return lambda event: event.all["node"] == node
        for node in ("alpha", "beta"):
            events.wait_for("p2p_extractor.ping_answered", where=of(node))
        mark = events.mark()
        beta.rpc.addnode(f"127.0.0.1:{extractor.port('beta')}", "onetry")
        connected = events.wait_for("p2p_extractor.connected", after=mark)
        assert connected.all["node"] == "beta"
        assert "(b)" in connected["version"]["user_agent"]
        assert connected["connection"]["direction"] == "FROM_NODE"
        mark = events.mark()
        beta.stop()
        assert events.wait_for("p2p_extractor.disconnected", after=mark, count=2)[1].all["node"] == "beta"
        mark = events.mark()
        events.wait_for("p2p_extractor.ping_answered", after=mark, count=5)
        assert {event.all["node"] for event in events.find("p2p_extractor.ping_answered", after=mark)} == {"alpha"}
        publishers = {event.all["node"]: event.all["publisher"] for event in events.list}
        assert len(set(publishers.values())) == 2
        assert harness.missing_events(events.list) == 0
        assert extractor.figure("connections", node="alpha") == 1
        assert extractor.figure("connections", node="beta") == 0


@DIRECTIONS
def test_reports_announced_blocks(directory, direction):
    with Watched(directory, direction) as watched:
        hashes = []
        for _ in range(4):
            (block,) = watched.node.rpc.generatetoaddress(1, ADDRESS)
            hashes.append(block)
            watched.wait_for("block_announced", hash=block)
            harness.wait_until(lambda: watched.peer()["bytessent_per_msg"].get("headers"), "the node has answered getheaders")
        announced = watched.events.find("p2p_extractor.block_announced")
        assert [event["hash"] for event in announced] == hashes
        # The first by inv, for the node does not know what we have; then before it has validated them.
        assert [event["by"] for event in announced] == ["INV", "CMPCTBLOCK", "CMPCTBLOCK", "CMPCTBLOCK"]


@DIRECTIONS
def test_counts_announced_transactions_and_feefilters(directory, direction):
    with Watched(directory, direction, "-whitelist=out,noban@127.0.0.1", "-whitelist=in,noban@127.0.0.1", "-minrelaytxfee=0.00002") as watched:
        wallet = watched.node.create_wallet()
        fee_filter = watched.wait_for("feefilter", where=lambda event: event["fee_rate_sat_per_kvb"] == 2000)
        assert fee_filter["connection"]["direction"] == direction
        mark = watched.events.mark()
        wallet.sendtoaddress(wallet.getnewaddress(), 1)
        inventory = watched.wait_for("inventory", after=mark, where=lambda event: event["types"][0]["type"] == "WTX")
        assert (inventory["count"], inventory["size"], inventory["types"]) == (1, 37, [{"type": "WTX", "count": 1}])


def test_counts_addresses_by_network(directory):
    # Without the permission, the node caches the answer for a day: also one from before it knew these addresses.
    with Watched(directory, "TO_NODE", "-whitelist=addr@127.0.0.1") as watched:
        for i in range(200):
            watched.node.rpc.addpeeraddress(f"{1 + i % 9}.{i}.3.4", 8333)
        onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
        watched.node.rpc.addpeeraddress(onion, 8333)
        mark = watched.events.mark()
        watched.node.rpc.disconnectnode(watched.peer()["addr"])  # it asks each connection once
        addresses = watched.wait_for("addresses", after=mark, where=lambda event: event["count"] > 10)
        assert addresses["message_type"] == "addrv2"
        assert addresses["count"] == sum(network["count"] for network in addresses["networks"])
        assert {network["network"] for network in addresses["networks"]} <= {"IPV4", "TORV3"}
