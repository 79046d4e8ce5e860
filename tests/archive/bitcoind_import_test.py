"""What a real node captured itself (-capturemessages), imported, is what the extractor saw."""

import pathlib
import shlex
import sys

import harness
import recipes
from archiving import archive_tool, json_events

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from traced import traced_node  # noqa: E402

# What a capture does not say. Peers are numbered -1, -2, ...
UNKNOWN = ("peer_id", "connection_type")


def messages(events, kind):
    return [{name: value for name, value in event["event"].items() if name not in UNKNOWN}
            for event in events if event["kind"] == kind]


def test_imports_what_the_extractor_saw():
    with traced_node("-capturemessages", "-whitelist=noban@127.0.0.1") as traced, harness.temporary_directory() as directory:
        wallet = traced.node.create_wallet()
        traced.peer.connect(traced.node)
        for _ in range(5):
            wallet.sendtoaddress(wallet.getnewaddress(), 1)
        block_hash, = traced.node.rpc.generatetoaddress(1, wallet.getnewaddress())
        harness.wait_until(lambda: traced.peer.rpc.getbestblockhash() == block_hash, "the block at the peer")
        traced.node.stop()
        capture = traced.node.directory / "regtest/message_capture"
        output = directory / "capture.poa.zst"
        [block] = recipes.run_by(__file__, "docs/how-to/import-captures.md")
        text = block.text.replace("/home/bitcoin/.bitcoin/regtest/message_capture", str(capture)).replace("alpha.poa.zst", str(output))
        import_, show, replay = (shlex.split(line)[1:] for line in text.splitlines())
        archive_tool(*import_)
        assert b" message_type=version " in archive_tool(*show)
        archive_tool(*replay, "--listen", f"tcp://127.0.0.1:{harness.free_port()}", "--speed", "max", "--wait-for-subscribers", 0)
        imported = json_events(output)
        seen = [event.all for event in traced.events.list]
        for kind in ("message.inbound", "message.outbound"):
            expected = len(messages(imported, kind))
            harness.wait_until(lambda: len(messages([event.all for event in traced.events.list], kind)) >= expected, kind)
        seen = [event.all for event in traced.events.list]
        for kind in ("message.inbound", "message.outbound"):
            assert messages(imported, kind) == messages(seen, kind)
        assert {"version", "tx", "block"} & {event["event"]["message_type"] for event in imported}
        assert {event["event"]["peer_id"] for event in imported} == {-1}
        assert all(not event["pid"] and not event["event"].get("connection_type") for event in imported)
        assert [event["sequence"] for event in imported] == list(range(len(imported)))
        # The node's clock at the probe and at the capture, which follows it.
        times = {kind: [event["timestamp_ns"] for event in seen if event["kind"] == kind] for kind in ("message.inbound", "message.outbound")}
        for event in imported:
            assert abs(event["timestamp_ns"] - times[event["kind"]].pop(0)) < 60e9
        assert ": ok, " in archive_tool("verify", output).decode()
