"""Nodes come, go, are replaced and multiply, and the extractor dies: the events continue and the node notices nothing."""

import os
import shutil
import threading

import pytest

import harness
from node import Node, copy_binary, find_bitcoind, require_bitcoind


@pytest.fixture(autouse=True)
def bitcoind_and_root():
    require_bitcoind()
    harness.require_root()


def mine_and_wait(node, events, address="bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"):
    """Makes the node connect a block, and waits for that event."""
    mark = events.mark()
    block_hash, = node.rpc.generatetoaddress(1, address)
    event = events.wait_for("validation.block_connected", mark, hash=block_hash)
    assert event.pid == node.pid
    return event


def test_starts_before_binary_exists(directory):
    path = directory / "bitcoind"
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log(str(path))
        copy_binary(directory)
        extractor.wait_for_log("tracepoints to")
        with Node(directory / "node", path) as node:
            assert mine_and_wait(node, events)["height"] == 1


def test_reports_new_pid_of_restarted_node(directory):
    path = copy_binary(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with Node(directory / "node", path) as node:
            for height in (1, 2, 3):
                assert mine_and_wait(node, events)["height"] == height
                node.stop()
                node.start()
            assert mine_and_wait(node, events)["height"] == 4
        events.end()
        assert harness.missing_events(events.list) == 0


def test_traces_binary_replaced_by_rename(directory):
    path = copy_binary(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with Node(directory / "node", path) as node:
            assert mine_and_wait(node, events)["height"] == 1
            lines = len(extractor.log)
            inode = path.stat().st_ino
            os.rename(shutil.copy2(path, directory / "bitcoind.new"), path)
            assert path.stat().st_ino != inode
            extractor.wait_for_log("tracepoints to", after=lines)
            # The old program still runs, from a file that has no name any more.
            node.stop()
            node.start()
            assert mine_and_wait(node, events)["height"] == 2
        events.end()
        assert harness.missing_events(events.list) == 0


def test_distinguishes_nodes_of_one_binary_by_pid(directory):
    path = copy_binary(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with Node(directory / "a", path) as a, Node(directory / "b", path) as b, \
                harness.Extractor(path, directory, "--pid", b.pid, socket_name="filtered") as filtered, \
                harness.Events(filtered.url) as events_of_b:
            filtered.wait_for_log("tracepoints to")
            b.connect(a)
            mine_and_wait(a, events)
            mine_and_wait(b, events)
            mine_and_wait(b, events_of_b)
            version_of = {event.pid: event for event in events.find("message.outbound", message_type="version")}
            assert set(version_of) == {a.pid, b.pid}
            assert version_of[a.pid]["connection_type"] == "inbound"
            assert version_of[b.pid]["connection_type"] == "manual"
            events_of_b.wait_for("message.outbound", message_type="version")
            assert {event.pid for event in events_of_b.list} == {b.pid}


def test_leaves_node_unharmed_when_killed_under_load(directory):
    path = copy_binary(directory)
    with Node(directory / "node", path) as node, Node(directory / "peer", find_bitcoind()) as peer:
        _, node_of_peer = peer.connect(node)
        pid, over = node.pid, threading.Event()

        def load():
            while not over.is_set():
                peer.rpc.sendmsgtopeer(node_of_peer["id"], "load", "00" * 50_000)

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
                    extractor.wait_for_log("tracepoints to")
                    events.wait_for("message.inbound", message_type="load", count=100)
                    extractor.kill()
                    assert mine_without_tracing(node)
                    assert node.pid == pid and node.program.process.poll() is None
                    events.end()
                    assert harness.missing_events(events.list) == 0
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert [peer["id"] for peer in node.rpc.getpeerinfo()] == [0]
        node.stop()


def mine_without_tracing(node):
    return node.rpc.generatetoaddress(1, "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202")
