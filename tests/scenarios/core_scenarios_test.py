"""Attacks on a real Bitcoin Core on regtest, by peers of ours from several addresses of 127.0.0.0/8, among ordinary ones."""

import contextlib
import os
import pathlib
import sys
import time

import pytest

import harness
import p2p
from p2p import Peer
from scene import detecting, note, note_margins

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from node import Node, copy_binary, find_bitcoind, require_bitcoind  # noqa: E402

ATTACKER = "127.66.0.2"


class Scene:
    def __init__(self, node, watch, stack):
        self.node, self.watch, self._stack = node, watch, stack
        self.rng = p2p.seeded(1)

    def peer(self, host=ATTACKER, **options):
        return self._stack.enter_context(Peer(self.node, host, **options))

    def called_peer(self, host=ATTACKER):
        """One that the node connects to."""
        return self._stack.enter_context(Peer.called_by(self.node, host))

    def other_node(self, number):
        """Another bitcoind, that nobody watches."""
        return self._stack.enter_context(Node(self.node.directory.parent / f"other{number}", find_bitcoind()))

    def tip(self):
        return bytes.fromhex(self.node.rpc.getbestblockhash())[::-1]

    def block_header(self, merkle_root):
        time_s = self.node.rpc.getblockheader(self.node.rpc.getbestblockhash())["time"]
        return p2p.header(self.tip(), merkle_root, time_s + 1)


@contextlib.contextmanager
def scene(*detector_options, node_options=()):
    require_bitcoind()
    with harness.temporary_directory() as directory, contextlib.ExitStack() as stack:
        binary = copy_binary(directory)
        extractor = stack.enter_context(harness.Extractor(binary, directory))
        watch = stack.enter_context(detecting(extractor, directory, *detector_options))
        extractor.wait_for_log("tracepoints to")
        node = stack.enter_context(Node(directory / "node", binary, *node_options))
        wallet = node.create_wallet()  # a tip of today: no initial download
        place = Scene(node, watch, stack)
        place.wallet = wallet
        for number in range(3):  # ordinary peers
            company = place.peer(f"127.{number + 1}.0.2")
            company.send("inv", p2p.inventory(p2p.WTX, [place.rng.randbytes(32)]))
            company.sync()
        watch.begin()
        yield place


def addr_flood(place):
    place.peer().send("addrv2", p2p.addrv2(200, place.rng))


def addr_impossible(place):
    peer = place.called_peer()
    peer.wait_for("getaddr")
    peer.send("addrv2", p2p.addrv2(400, place.rng, unroutable=40))
    peer.sync()


def connection_churn(place):
    for number in range(90):
        Peer(place.node, f"127.66.0.{2 + number % 40}").close()


def sybil(place):
    for number in range(14):
        place.peer(f"127.66.0.{2 + number}")


def spy_peer(place):
    place.peer()
    address = place.wallet.getnewaddress()
    for _ in range(20):  # each spends the change of the one before, of which Core allows 25
        place.wallet.sendtoaddress(address, 0.1)
        time.sleep(0.3)  # the attack takes its time


def tx_probe(place):
    peer = place.peer()
    for _ in range(40):
        peer.send("getdata", p2p.inventory(p2p.WITNESS_TX, [place.rng.randbytes(32)]))
    peer.sync()


def tx_probe__after_inv(place):
    teller, asker = place.peer("127.67.0.2"), place.peer()
    for _ in range(12):
        transaction = place.rng.randbytes(32)
        teller.send("inv", p2p.inventory(p2p.WTX, [transaction]))
        teller.sync()
        asker.send("getdata", p2p.inventory(p2p.WTX, [transaction]))
        asker.sync()


def inv_flood(place):
    def refuse(peer, message_type, payload):
        if message_type == "getdata":
            peer.send("notfound", payload)
    peer = place.peer(on_message=refuse)
    for _ in range(30):
        peer.send("inv", p2p.inventory(p2p.WTX, [place.rng.randbytes(32) for _ in range(10)]))


def ping_flood(place):
    peer = place.peer()
    for _ in range(300):
        peer.send("ping", place.rng.randbytes(8))
    peer.sync()


def block_stall(place):
    place.peer().send("headers", b"\x01" + place.block_header(place.rng.randbytes(32)) + b"\x00")


def invalid_block(place):
    coinbase = p2p.transaction(place.rng)
    place.peer().send("block", place.block_header(place.rng.randbytes(32)) + b"\x01" + coinbase)


def header_spam(place):
    peer = place.peer()
    header = bytes.fromhex(place.node.rpc.getblockheader(place.node.rpc.getbestblockhash(), False))
    for _ in range(120 + place.node.rpc.getblockcount()):  # the node has just connected so many blocks
        peer.send("headers", b"\x01" + header + b"\x00")
    peer.sync()


def orphan_flood(place):
    peer = place.peer()
    for _ in range(200):
        peer.send("tx", p2p.transaction(place.rng))
    peer.sync()


def tx_reject_spam(place):
    peer = place.peer()
    for _ in range(200):
        peer.send("tx", p2p.transaction(place.rng, script_pubkey=b"\x51\x51\x51"))  # of no standard form
    peer.sync()


def eviction_pressure(place):
    for number in range(45):
        place.peer(f"127.{100 + number}.0.2", handshake=False)


def time_skew(place):
    for number in range(16):
        place.peer(f"127.{100 + number}.0.2", clock_offset=3_600)


def fake_client(place):
    peer = place.peer(services=p2p.NODE_NETWORK)
    peer.send("ping")
    peer.sync()


def getaddr_fingerprint(place):
    for number in range(20):
        with Peer(place.node, f"127.66.0.{2 + number}") as peer:
            peer.send("getaddr")
            peer.sync()


def inbound_drop(place):
    peers = [Peer(place.node, f"127.{100 + number}.0.2") for number in range(30)]
    for peer in peers:
        peer.close()


# By name: the kind, and if it is not the only one of the kind, what it is about.
SCENARIOS = {
    addr_flood: (),
    addr_impossible: (),
    connection_churn: (),
    sybil: (),
    spy_peer: ("--spy_peer.announced", 10, "--spy_peer.duration_s", 2),
    tx_probe: (),
    tx_probe__after_inv: (),
    inv_flood: (),
    ping_flood: (),
    block_stall: ("--block_stall.unanswered_s", 3),
    invalid_block: (),
    header_spam: (),
    orphan_flood: (),
    tx_reject_spam: (),
    eviction_pressure: ("--eviction_pressure.evictions", 10, "--eviction_pressure.learn_s", 0.1),
    time_skew: (),
    fake_client: (),
    getaddr_fingerprint: (),
    inbound_drop: ("--inbound_drop.lasts_s", 2),
}
# What every run plays; the others need some minutes, and PEER_OBSERVER_LONG_TESTS=1. sim_node plays all of them in every run.
ALWAYS = {addr_flood, connection_churn, invalid_block, fake_client}
NODE_OPTIONS = {
    eviction_pressure: ("-maxconnections=32",),
}


@pytest.mark.parametrize("attack", SCENARIOS, ids=lambda attack: attack.__name__)
def test_finds_attack_and_nothing_else(attack):
    if attack not in ALWAYS and not os.environ.get("PEER_OBSERVER_LONG_TESTS"):
        pytest.skip("PEER_OBSERVER_LONG_TESTS is not set")
    kind, _, variant = attack.__name__.partition("__")
    with scene(*SCENARIOS[attack], node_options=NODE_OPTIONS.get(attack, ())) as place:
        pulse = place.peer("127.9.0.2")
        pulse.send("inv", p2p.inventory(p2p.WTX, [place.rng.randbytes(32)]))
        assert place.watch.opened() == []
        place.watch.begin()
        attack(place)

        # A node that nothing happens to says nothing, and the clock of the events stands still.
        def found():
            pulse.send("ping", place.rng.randbytes(8))
            time.sleep(0.98)
            return place.watch.kinds()
        harness.wait_until(found, f"{kind} is found", 60)
        event, seconds = place.watch.expect(kind)
        place.watch.settle()
        others = place.watch.kinds() - {kind}
        if not variant:
            note("bitcoind", kind, event, seconds, others)
        assert others == set()


def test_raises_nothing_for_ordinary_nodes():
    """Blocks, transactions in both directions, a node that comes late and one that comes back."""
    with scene() as place:
        node, wallet = place.node, place.wallet
        others = [place.other_node(0), place.other_node(1)]

        def synchronized():
            states = [(each.rpc.getbestblockhash(), each.rpc.getmempoolinfo()["size"]) for each in (node, *others)]
            return states.count(states[0]) == len(states)

        others[0].connect(node)
        node.connect(others[1])
        others[0].rpc.createwallet("w")
        theirs = others[0].rpc.wallet("w")
        for _ in range(8):
            wallet.sendtoaddress(theirs.getnewaddress(), 0.1)
        harness.wait_until(synchronized, "the others have the node's transactions", 120)
        node.rpc.generatetoaddress(1, wallet.getnewaddress())
        harness.wait_until(synchronized, "the others have the block", 120)
        for _ in range(4):
            theirs.sendtoaddress(wallet.getnewaddress(), 0.05)
        harness.wait_until(lambda: synchronized() and node.rpc.getmempoolinfo()["size"] == 4, "all have the others' transactions", 120)
        others[1].stop()
        others[1].start()
        others[1].connect(node)
        for other in reversed(others):
            other.rpc.generatetoaddress(3, wallet.getnewaddress())
            harness.wait_until(synchronized, "all have its blocks", 120)
        mark = place.peer("127.9.0.2")  # what follows comes after what the node did before
        mark.send("feefilter", bytes(8))
        mark.sync()
        place.watch.settle()
        assert place.watch.opened() == []
        note_margins("bitcoind", place.watch.highest())
