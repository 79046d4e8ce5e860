"""What one peer sends, however expensive, ends nothing and costs no other peer's events."""

import contextlib
import struct

import pytest

import harness
from raw_peer import RawPeer
from traced import traced_node

EMPTY_TRANSACTION = bytes.fromhex("02000000" + "00" * 6)
COUNT = 143_000
TRANSACTIONS = b"\xfe" + struct.pack("<I", COUNT) + EMPTY_TRANSACTION * COUNT
PAYLOADS = {"block": bytes(80) + TRANSACTIONS, "blocktxn": bytes(32) + TRANSACTIONS}
TRUNCATED_METRIC = "peer_observer_extractor_truncated_messages_total"


@pytest.fixture(scope="module", params=["ids", "full", "raw"])
def traced(request):
    options = ("--tx-detail", request.param, "--metrics-address", "127.0.0.1:0")
    with traced_node(extractor_options=options) as traced:
        traced.metrics = traced.extractor.wait_for_log("metrics on http://").partition("http://")[2].partition("/")[0]
        traced.honest, traced.node_of_honest = traced.peer.connect(traced.node)
        yield traced


def ping_of_honest_peer(traced, number):
    traced.peer.rpc.sendmsgtopeer(traced.node_of_honest["id"], "ping", struct.pack("<Q", number).hex())


def check_honest_peer_and_extractor(traced, mark, numbers):
    """Its pings are all there, in their order."""
    def is_ours(event):
        return event["peer_id"] == traced.honest["id"] and event["payload"]["ping"].get("nonce") in nonces
    nonces = {f"{number:016x}" for number in numbers}
    pings = traced.events.wait_for("message.inbound", mark, where=is_ours, count=len(numbers), message_type="ping")
    seen = [ping["payload"]["ping"]["nonce"] for ping in pings]
    assert [int(nonce, 16) for nonce in seen] == list(numbers)
    assert traced.extractor.process.poll() is None
    assert not traced.events.find("events_lost", mark)


@pytest.mark.parametrize("message_type", PAYLOADS)
@pytest.mark.parametrize("has_shaken_hands", [False, True])
def test_leaves_out_empty_transactions_of_message(traced, message_type, has_shaken_hands):
    payload = PAYLOADS[message_type]
    mark = traced.mark()
    numbers = range(0x7000_0000_0000_0000, 0x7000_0000_0000_0005)
    peer = RawPeer(traced.node)
    with contextlib.closing(peer.socket):
        # After the handshake the node disconnects for a bad block; before, it ignores as many as come.
        count = len(numbers)
        if has_shaken_hands:
            peer.send("verack")
            count = 1
        for index, number in enumerate(numbers):
            if index < count:
                peer.send(message_type, payload)
            ping_of_honest_peer(traced, number)
        traced.events.wait_for("message.inbound", mark, count=count, message_type=message_type, address=peer.address)
        events = traced.events.find("message.inbound", mark, message_type=message_type, address=peer.address)
        assert len(events) == count
        check_honest_peer_and_extractor(traced, mark, numbers)
    for event in events:
        assert event["size"] == len(payload)
        assert "decode_error" not in event.fields
        if has_shaken_hands:
            assert event["truncated"] == {"reason": "TOO_MANY_TRANSACTIONS", "kept": "COUNTS"}
            decoded = event["payload"][message_type]
            assert decoded["transaction_count"] == COUNT
            assert not decoded.get("transactions") and not decoded.get("txids")
        else:
            assert event["truncated"]["reason"] == "BEFORE_HANDSHAKE"
            assert "payload" not in event.fields
        assert event["raw"] == payload[:64 << 10].hex()
    harness.wait_until(lambda: harness.metric(traced.metrics, TRUNCATED_METRIC) >= len(events), "they are counted")
