"""The log-extractor at a real node: what its events say is what the node says by RPC."""

import contextlib
import hashlib
import socket
import struct

import pytest

import harness
from log_extractor import LogExtractor
from node import Node, find_bitcoind, require_bitcoind

LOG_OPTIONS = ("-debug=net", "-debug=cmpctblock", "-debug=validation", "-debug=addrman", "-debug=mempool", "-logtimemicros")
EVERY_PART = ("-logthreadnames", "-logsourcelocations", "-loglevelalways")


@pytest.fixture(autouse=True)
def bitcoind():
    return require_bitcoind()


@contextlib.contextmanager
def followed(directory, *options):
    """(node, events): a node, and what its log says from its first line on."""
    node = Node(directory / "node", find_bitcoind(), *LOG_OPTIONS, *options)
    with LogExtractor(node.directory / "regtest" / "debug.log", directory) as extractor, harness.Events(extractor.url) as events, node:
        events.wait_for("log.node_started")
        yield node, events


def mine(node, count=1):
    return node.rpc.generatetodescriptor(count, "raw(51)")


@pytest.mark.parametrize("options", [(), EVERY_PART])
def test_reports_blocks_that_rpc_knows(directory, options):
    with followed(directory, *options) as (node, events):
        for height, block_hash in enumerate(mine(node, 5), 1):
            assert events.wait_for("log.block_checked", hash=block_hash)["is_valid"]
            assert events.wait_for("log.block_connected", hash=block_hash)["height"] == height
            tip = events.wait_for("log.tip_updated", hash=block_hash)
            header = node.rpc.getblockheader(block_hash)
            assert (tip["height"], tip["version_hex"]) == (height, header["versionHex"])
            assert abs(2 ** tip["log2_work"] - int(header["chainwork"], 16)) < 0.01 * 2 ** tip["log2_work"]
            assert tip["transaction_count"] == height + 1
        assert all(event["line"]["category"] == "validation" for event in events.find("log.block_checked"))
        for event in events.find("log.block_checked"):
            assert bool(event["line"].get("thread")) == bool(options)
            assert event["line"].get("source_file", "") == ("validationinterface.cpp" if options else "")
        node.rpc.invalidateblock(block_hash)
        assert events.wait_for("log.block_disconnected", hash=block_hash)["height"] == 5
        assert events.wait_for("log.block_invalid", hash=block_hash)["height"] == 5


def test_reports_reason_of_refused_block_as_rpc_does(directory):
    with followed(directory) as (node, events):
        (tip,) = mine(node)
        block = node.rpc.getblock(tip, 0)
        wrong = block[:8] + bytes.fromhex(tip)[::-1].hex() + block[72:]  # the coinbase of height 1 in a block of height 2
        answer = node.rpc.submitblock(grind(wrong))
        assert answer == "bad-cb-height"
        found = events.wait_for("log.block_invalid", where=lambda event: event.get("reject_reason") == answer)
        assert found["line"]["level"] == "error"


def grind(block):
    """The block a second later, with a nonce that regtest takes: the first bit of the hash is 0."""
    header, rest = bytearray.fromhex(block[:160]), block[160:]
    header[68:72] = struct.pack("<I", struct.unpack("<I", header[68:72])[0] + 1)
    for nonce in range(10_000):
        header[76:80] = struct.pack("<I", nonce)
        if hashlib.sha256(hashlib.sha256(header).digest()).digest()[31] < 0x7f:
            return header.hex() + rest
    raise AssertionError("no nonce")


def test_reports_reasons_of_disconnects(directory):
    with followed(directory, "-logips") as (node, events), Node(directory / "other", find_bitcoind()) as other:
        other.connect(node)
        (peer,) = node.rpc.getpeerinfo()
        node.rpc.disconnectnode("", peer["id"])
        gone = events.wait_for("log.peer_disconnected", peer_id=peer["id"])
        assert gone["reason"] == "disconnect by id"
        assert gone["address"] == peer["addr"]


def test_reports_failed_handshake_and_invalid_message(directory):
    with followed(directory) as (node, events), socket.create_connection(("127.0.0.1", node.port)) as peer:
        peer.sendall(bytes.fromhex("fabfb5da") + b"version\0\0\0\0\0" + struct.pack("<I", 5_000_000) + b"\0\0\0\0")
        error = events.wait_for("log.transport_error")
        assert error["reason"].startswith("Size too large (version, 5000000 bytes)")
        assert events.wait_for("log.peer_disconnected")["peer_id"] == error["peer_id"]


def test_publishes_each_line_once_in_order_across_restarts(directory):
    node = Node(directory / "node", find_bitcoind(), *LOG_OPTIONS)
    log = node.directory / "regtest" / "debug.log"
    state = ("--state-file", directory / "position")
    hashes = []
    with node:
        with LogExtractor(log, directory, *state) as extractor, harness.Events(extractor.url) as events:
            hashes += mine(node, 3)
            events.wait_for("log.tip_updated", hash=hashes[-1])
            assert extractor.stop() == 0
            first = [event["hash"] for event in events.find("log.tip_updated")]
        hashes += mine(node, 3)
        node.stop()
        log.rename(log.with_suffix(".log.1"))
        node.start()
        hashes += mine(node, 3)
        with LogExtractor(log, directory, *state) as extractor, harness.Events(extractor.url) as events:
            hashes += mine(node, 1)
            events.wait_for("log.tip_updated", hash=hashes[-1])
            tips = [event["hash"] for event in events.find("log.tip_updated")]
            assert tips[-1] == hashes[-1]
            assert harness.metric(extractor.metrics, "peer_observer_log_extractor_rotations_total") == 1
            assert first == hashes[:3]
            assert events.find("log.node_stopped"), "of the old file"
            assert tips == hashes[3:]
