"""net:*_connection against getpeerinfo."""

import contextlib
import socket
import time

import pytest

import harness
from traced import traced_node

# Of -maxconnections=32, Core keeps 11 for outbound connections.
INBOUND_SLOTS = 21


@pytest.fixture(scope="module")
def onion_port():
    return harness.free_port()


@pytest.fixture(scope="module")
def traced(onion_port):
    with traced_node("-maxconnections=32", f"-bind=127.0.0.1:{onion_port}=onion") as traced:
        yield traced


@pytest.fixture(autouse=True)
def without_connections(traced):
    """Every test begins and ends without connections."""
    yield
    for peer in traced.node.rpc.getpeerinfo():
        with contextlib.suppress(Exception):
            traced.node.rpc.disconnectnode("", peer["id"])
    for node in (traced.node, traced.peer):
        harness.wait_until(lambda node=node: not node.rpc.getpeerinfo(), "connections have gone")


def address_of(connection):
    return "{}:{}".format(*connection.getsockname())


def peers_when(node, count):
    """getpeerinfo, as soon as it shows so many peers."""
    return harness.wait_until(lambda: len(peers := node.rpc.getpeerinfo()) == count and peers, f"{count} peers")


def check_connection(event, peer, network="UNROUTABLE"):
    assert event["peer_id"] == peer["id"]
    assert event["address"] == peer["addr"]
    assert event["connection_type"] == peer["connection_type"]
    assert event["network"] == network


def test_traces_inbound_connection_from_accept_to_close(traced):
    node, events = traced.node, traced.events
    mark = traced.mark()
    before = time.time()
    with socket.create_connection(("127.0.0.1", node.port)) as connection:
        peer, = peers_when(node, 1)
        opened = events.wait_for("connection.inbound", mark, peer_id=peer["id"])
        check_connection(opened, peer)
        assert opened["address"] == address_of(connection)
        assert opened["connection_count"] == 1
        assert opened.pid == node.pid
        assert before <= opened.time <= time.time()
        with socket.create_connection(("127.0.0.1", node.port)):
            peers = peers_when(node, 2)
            second = events.wait_for("connection.inbound", mark, peer_id=peers[1]["id"])
            assert second["connection_count"] == 2
    closed = events.wait_for("connection.closed", mark, peer_id=peer["id"])
    check_connection(closed, peer)
    assert closed["established_s"] == peer["conntime"]


def test_traces_network_of_onion_connection(traced, onion_port):
    mark = traced.mark()
    with socket.create_connection(("127.0.0.1", onion_port)):
        peer, = peers_when(traced.node, 1)
        assert peer["network"] == "onion"
        check_connection(traced.events.wait_for("connection.inbound", mark, peer_id=peer["id"]), peer, network="ONION")
    check_connection(traced.events.wait_for("connection.closed", mark, peer_id=peer["id"]), peer, network="ONION")


@pytest.mark.parametrize("connection_type", ["manual", "outbound-full-relay", "block-relay-only", "addr-fetch"])
def test_traces_outbound_connection_of_each_type(traced, connection_type):
    node, events = traced.node, traced.events
    mark = traced.mark()
    if connection_type == "manual":
        node.rpc.addnode(traced.peer.address, "onetry")
    else:
        node.rpc.addconnection(traced.peer.address, connection_type, False)
    peer, = peers_when(node, 1)
    assert peer["connection_type"] == connection_type
    opened = events.wait_for("connection.outbound", mark, peer_id=peer["id"])
    check_connection(opened, peer)
    assert opened["address"] == traced.peer.address
    assert opened["connection_count"] == 1
    node.rpc.disconnectnode("", peer["id"])
    closed = events.wait_for("connection.closed", mark, peer_id=peer["id"])
    check_connection(closed, peer)
    assert closed["established_s"] == peer["conntime"]


def test_traces_closed_feeler(traced):
    mark = traced.mark()
    traced.node.rpc.addconnection(traced.peer.address, "feeler", False)
    opened = traced.events.wait_for("connection.outbound", mark)
    closed = traced.events.wait_for("connection.closed", mark, peer_id=opened["peer_id"])
    for event in (opened, closed):
        assert event["connection_type"] == "feeler"
        assert event["address"] == traced.peer.address
        assert event["peer_id"] == opened["peer_id"]
    assert closed.sequence > opened.sequence


def test_traces_misbehaviour_with_reason_and_close(traced):
    node, peer, events = traced.node, traced.peer, traced.events
    mark = traced.mark()
    peer_of_node, node_of_peer = peer.connect(node)
    peer.rpc.sendmsgtopeer(node_of_peer["id"], "headers", "fdd107")  # claims 2001 headers
    misbehaving = events.wait_for("connection.misbehaving", mark)
    assert misbehaving["peer_id"] == peer_of_node["id"]
    assert misbehaving["reason"] == "headers message size = 2001"
    closed = events.wait_for("connection.closed", mark, peer_id=peer_of_node["id"])
    assert closed.sequence > misbehaving.sequence


def test_traces_evicted_peers_of_full_node(traced):
    node, events = traced.node, traced.events
    mark = traced.mark()
    with contextlib.ExitStack() as stack:
        connections, peers = {}, {}
        for _ in range(INBOUND_SLOTS + 5):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", node.port)))
            connections[address_of(connection)] = connection
            events.wait_for("connection.inbound", mark, address=address_of(connection))
            peers.update({peer["addr"]: peer for peer in node.rpc.getpeerinfo()})
        evicted = events.wait_for("connection.evicted", mark, count=5)
        remaining = {peer["addr"] for peer in peers_when(node, INBOUND_SLOTS)}
        assert {event["address"] for event in evicted} == set(connections) - remaining
        for event in evicted:
            peer = peers[event["address"]]
            check_connection(event, peer)
            assert event["established_s"] == peer["conntime"]
            connections[event["address"]].settimeout(harness.TIMEOUT)
            assert connections[event["address"]].recv(1) == b""
    events.wait_for("connection.closed", mark, count=INBOUND_SLOTS + 5)
    assert len(events.find("connection.evicted", mark)) == 5
