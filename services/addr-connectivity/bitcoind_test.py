"""Against real Bitcoin Core: what it answers, and addresses that a peer really announces to it."""

import contextlib
import pathlib
import socket
import struct
import sys

import pytest

import harness
from testing.checking import ALLOW, Checker, check, checking

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/bitcoind"))
from node import Node, find_bitcoind, require_bitcoind  # noqa: E402
from traced import traced_node  # noqa: E402

CHECKED = "addr_connectivity.address_checked"


@pytest.fixture
def node():
    require_bitcoind()
    with harness.temporary_directory() as directory, Node(directory / "node", find_bitcoind()) as running:
        yield running


def test_checks_real_node(node):
    node.rpc.createwallet("w")
    node.rpc.generatetoaddress(3, node.rpc.wallet("w").getnewaddress())
    node.rpc.syncwithvalidationinterfacequeue()
    with checking() as (feed, _, events):
        event = check(feed, events, "127.0.0.1", node.port)
    network = node.rpc.getnetworkinfo()
    assert event["result"] == "OK"
    version = event["version"]
    assert version["version"] == network["protocolversion"]
    assert version["user_agent"] == network["subversion"]
    assert version["services"] == int(network["localservices"], 16)
    assert version["start_height"] == 3
    assert version["sender"]["address"] in ("::", "0.0.0.0")
    assert abs(event["time_offset_s"]) <= 2
    harness.wait_until(lambda: not node.rpc.getpeerinfo(), "the node to see the end of the connection")
    assert node.rpc.listbanned() == []


def test_reports_node_of_another_network(node):
    """Core hangs up on a message of a network that is not its own."""
    allow = ("--chain", "main", "--allow-cidr", "127.0.0.0/8")
    with checking(allow=allow) as (feed, _, events):
        event = check(feed, events, "127.0.0.1", node.port)
    assert event["result"] == "CLOSED"


def addrv2(*addresses):
    entries = (struct.pack("<IB", 1_700_000_000, 9) + b"\1\4" + socket.inet_aton(host) + struct.pack(">H", port)
               for host, port in addresses)
    return (bytes([len(addresses)]) + b"".join(entries)).hex()


def test_checks_announcements_to_traced_node():
    nobody = harness.free_port()
    with traced_node() as traced, contextlib.ExitStack() as stack:
        checker = stack.enter_context(Checker(traced.extractor.url, "--max-per-host", "9", allow=ALLOW))
        events = stack.enter_context(harness.Events(checker.url))
        peer_of_node, node_of_peer = traced.peer.connect(traced.node)
        traced.peer.rpc.sendmsgtopeer(node_of_peer["id"], "addrv2", addrv2(("127.0.0.1", traced.peer.port), ("127.9.9.9", nobody)))
        results = {event["address"]["address"]: event for event in events.wait_for(CHECKED, count=2)}
        assert (results["127.0.0.1"]["result"], results["127.9.9.9"]["result"]) == ("OK", "REFUSED")
        (announcement,) = results["127.9.9.9"]["announcements"]
        assert announcement["node"] == "test"
        assert announcement["peer_id"] == peer_of_node["id"]
        assert announcement["peer_address"] == peer_of_node["addr"]
        assert announcement["kind"] == "RELAY"
        assert results["127.0.0.1"]["announcements"][0]["kind"] == "SELF"
        traced.node.rpc.disconnectnode(peer_of_node["addr"])
        share = events.wait_for("addr_connectivity.announcer_reachability", peer_id=peer_of_node["id"])
        assert (share["checked"], share["reachable"], share["last"]) == (2, 1, True)
        assert checker.stop() == 0
