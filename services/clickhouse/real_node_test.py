"""The session of a real node, subscribed to by the archiver and by the service: the same rows in ClickHouse, in SQLite, and in what `archive cat` prints."""

import pathlib
import sqlite3
import sys

import harness
from writing import comparable_rows, Writing
import tables
from archiving import Archiver, archive_tool, json_events

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/bitcoind"))
from node import copy_binary, find_bitcoind, Node, require_bitcoind  # noqa: E402


def test_has_every_row_of_a_session_of_a_real_node(directory, server):
    require_bitcoind()
    harness.require_root()
    metrics = f"127.0.0.1:{harness.free_port()}"
    with harness.Extractor(copy_binary(directory), directory, "--metrics-address", metrics) as extractor, \
            Archiver(directory / "archive", extractor.url) as archiver, Writing(server, directory / "spool", extractor.url) as writing:
        extractor.wait_for_log("tracepoints to")
        writing.wait_for_log("created", 60)
        with Node(directory / "node", directory / "bitcoind", "-whitelist=noban@127.0.0.1") as node, Node(directory / "peer", find_bitcoind()) as peer:
            wallet = node.create_wallet()
            peer.connect(node)
            for _ in range(5):
                wallet.sendtoaddress(wallet.getnewaddress(), 1)
            block_hash, = node.rpc.generatetoaddress(1, wallet.getnewaddress())
            harness.wait_until(lambda: peer.rpc.getbestblockhash() == block_hash, "the block at the peer")
            node.stop()

        def published():
            return harness.metric(metrics, "peer_observer_bus_published_events_total")
        harness.wait_until(lambda: published() == archiver.written() == writing.metric("events_total"), "all events in the archive and in ClickHouse", 60)
        count = published()
        assert archiver.stop() == 0
        assert writing.stop() == 0
    events = json_events(directory / "archive")
    assert len(events) == count
    archive_tool("export", "--sqlite", directory / "all.sqlite", directory / "archive")
    counts = tables.compare(directory / "all.sqlite", events)
    assert {"connection_inbound", "message", "message_inv_items", "message_block_txids", "mempool_added", "validation_block_connected"} <= set(counts)
    for table, ours, theirs in comparable_rows(server, sqlite3.connect(directory / "all.sqlite")):
        assert theirs == ours, table
        assert len(ours) == counts.get(table, 0), table
