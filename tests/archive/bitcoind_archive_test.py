"""The session of a real node: archived, read back, exported, replayed, and archived again."""

import pathlib
import sys

import harness
import tables
from archiving import Archiver, archive_tool, json_events

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from traced import traced_node  # noqa: E402


def test_archives_session_of_real_node():
    metrics = f"127.0.0.1:{harness.free_port()}"
    with traced_node("-whitelist=noban@127.0.0.1", extractor_options=("--metrics-address", metrics)) as traced, \
            harness.temporary_directory() as directory, Archiver(directory / "first", traced.extractor.url) as archiver:
        wallet = traced.node.create_wallet()
        traced.peer.connect(traced.node)
        for _ in range(5):
            wallet.sendtoaddress(wallet.getnewaddress(), 1)
        block_hash, = traced.node.rpc.generatetoaddress(1, wallet.getnewaddress())
        harness.wait_until(lambda: traced.peer.rpc.getbestblockhash() == block_hash, "the block at the peer")
        traced.node.stop()
        published = harness.metric(metrics, "peer_observer_bus_published_events_total")
        harness.wait_until(lambda: traced.events.list and traced.events.list[-1].sequence == published - 1, "the last event")
        assert archiver.stop() == 0

        archived = json_events(directory / "first")
        # The archiver came after the extractor.
        assert archived == [event.all for event in traced.events.list if event.sequence >= archived[0]["sequence"]]
        expected = {"connection.inbound", "message.inbound", "message.outbound", "mempool.added", "validation.block_connected"}
        assert expected <= {event["kind"] for event in archived}
        archive_tool("export", "--sqlite", directory / "all.sqlite", directory / "first")
        counts = tables.compare(directory / "all.sqlite", archived)
        assert {"connection_inbound", "message", "message_inv_items", "message_block_txids", "mempool_added"} <= set(counts)

        url = f"tcp://127.0.0.1:{harness.free_port()}"
        with harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url, "--speed", "max",
                             "--events-per-second", 200_000, directory / "first") as replay, \
                Archiver(directory / "second", url) as archiver:
            assert replay.wait() == 0
            harness.wait_until(lambda: archiver.written() == len(archived), "the events in the second archive")
            assert archiver.stop() == 0
        first, second = (archive_tool("cat", "--format", "protobuf", directory / name) for name in ("first", "second"))
        assert first == second
        assert all(": ok, " in line for line in archive_tool("verify", directory).decode().splitlines())
