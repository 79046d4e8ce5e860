"""Payloads that no decoder knows or takes, and the largest that Bitcoin allows, arrive as the peer sent them."""

import random

import pytest

from traced import traced_node

MAX_PAYLOAD = 4_000_000


@pytest.fixture(scope="module")
def traced():
    options = ("--raw-payloads", "undecoded", "--max-raw-size", str(MAX_PAYLOAD))
    with traced_node(extractor_options=options) as traced:
        traced.peer_of_node, traced.node_of_peer = traced.peer.connect(traced.node)
        yield traced


def receive(traced, message_type, payload):
    """Lets the peer send it to the node. Returns the event."""
    mark = traced.mark()
    traced.peer.rpc.sendmsgtopeer(traced.node_of_peer["id"], message_type, payload)
    return check(traced, traced.events.wait_for("message.inbound", mark, message_type=message_type), payload)


def send(traced, message_type, payload):
    """Lets the node send it to the peer. Returns the event."""
    mark = traced.mark()
    traced.node.rpc.sendmsgtopeer(traced.peer_of_node["id"], message_type, payload)
    return check(traced, traced.events.wait_for("message.outbound", mark, message_type=message_type), payload)


def check(traced, event, payload):
    assert event["size"] == len(payload) // 2
    assert event["peer_id"] == traced.peer_of_node["id"]
    assert event["address"] == traced.peer_of_node["addr"]
    return event


@pytest.mark.parametrize("direction", [receive, send])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 4095, 4096, 4097, 32768, 65535, 65536, 65537, 1_000_001,
                                  MAX_PAYLOAD - 1, MAX_PAYLOAD])
def test_keeps_every_byte_of_payload(traced, direction, size):
    payload = random.Random(size).randbytes(size).hex()
    event = direction(traced, "foobar", payload)
    assert event.get("raw", "") == payload, "the bytes differ"
    assert event["decode_error"]


def test_keeps_type_and_size_of_payload_above_the_limit(traced):
    """The receiver drops it, but the sender's probe fires."""
    mark = traced.mark()
    peer = traced.peer_of_node["id"]
    traced.node.rpc.sendmsgtopeer(peer, "before", "00")
    traced.node.rpc.sendmsgtopeer(peer, "toobig", "00" * (MAX_PAYLOAD + 1))
    event = traced.events.wait_for("message.outbound", mark, message_type="toobig")
    assert (event["size"], event["truncated"]["reason"]) == (MAX_PAYLOAD + 1, "MESSAGE_TOO_LARGE")
    assert not event.get("payload") and not event.get("raw") and not event.get("decode_error")
    before = traced.events.wait_for("message.outbound", mark, message_type="before")
    assert event.sequence > before.sequence
    assert (event["address"], event["connection_type"]) == (before["address"], before["connection_type"])
    assert not traced.events.find("events_lost", mark)
    # The peer has hung up on it.
    traced.events.wait_for("connection.closed", mark, peer_id=peer)
    traced.peer_of_node, traced.node_of_peer = traced.peer.connect(traced.node)


@pytest.mark.parametrize("message_type", ["a", "twelve-chars", 'a"b\\c <%>&~'])
def test_keeps_any_message_type(traced, message_type):
    event = receive(traced, message_type, "00ff")
    assert event["raw"] == "00ff"
    assert event["decode_error"]
    assert "payload" not in event.fields


@pytest.mark.parametrize("message_type, payload", [
    ("inv", "ff"),                        # the count is cut short
    ("inv", "02" + "00" * 36),            # one of two entries
    ("tx", "0200000001" + "ab" * 20),     # ends within an input
    ("headers", "01" + "00" * 10),
    ("addrv2", "fd0100" + "00" * 3),      # a count in a longer form than needed
    ("feefilter", "00"),
])
def test_reports_error_of_malformed_payload(traced, message_type, payload):
    event = receive(traced, message_type, payload)
    assert event["raw"] == payload
    assert event["decode_error"]
    assert "payload" not in event.fields
    assert traced.node.rpc.getpeerinfo()[0]["id"] == traced.peer_of_node["id"]


def test_counts_and_keeps_trailing_bytes(traced):
    payload = "0807060504030201" + "aabbcc"
    event = receive(traced, "ping", payload)
    assert event["payload"]["ping"]["nonce"] == "0102030405060708"
    assert event["trailing_bytes"] == 3
    assert event["raw"] == payload
    assert "decode_error" not in event.fields
