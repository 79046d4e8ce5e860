"""The archive of address relay that the documentation shows, of a real node: empty and undecodable messages are in it, too."""

import pathlib
import sys

import harness
import recipes
from archiving import Archiver, json_events

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from raw_peer import RawPeer  # noqa: E402
from traced import traced_node  # noqa: E402

ADDRESSES = {"one": bytes.fromhex("01 00000000 00 01 04 cb007109 208d"), "none": b"\0", "undecodable": b"\x05junk", "nothing": b""}


def test_keeps_empty_and_undecodable_address_messages():
    section = recipes.blocks("docs/how-to/keep-several-archives.md")[0].text
    section = section[section.index("[archive.addr-relay]"):]
    with traced_node() as traced, harness.temporary_directory() as directory:
        config = directory / "archiver.conf"
        config.write_text(section)
        folder = directory / "archives"
        folder.mkdir()
        with Archiver(folder, traced.extractor.url, "--config", config) as archiver:
            peer = RawPeer(traced.node)
            peer.send("verack")
            for payload in ADDRESSES.values():
                peer.send("addrv2", payload)
            peer.send("ping", bytes(8))
            seen = [event.all for event in traced.events.wait_for("message.inbound", message_type="addrv2", count=len(ADDRESSES))]
            traced.events.wait_for("message.inbound", message_type="ping")
            peer.socket.close()
            traced.events.wait_for("connection.closed")
            traced.node.stop()
            assert archiver.stop() == 0
        archived = json_events(folder / "addr-relay")
        assert [event for event in archived if event["kind"] == "message.inbound" and event["event"]["message_type"] == "addrv2"] == seen
        assert len(seen[0]["event"]["payload"]["addrv2"]["addresses"]) == 1
        assert not seen[1]["event"]["payload"]["addrv2"].get("addresses") and not seen[1]["event"].get("decode_error")
        assert all(message["event"]["decode_error"] for message in seen[2:])
        assert {event["kind"] for event in archived} >= {"connection.inbound", "connection.closed"}
        assert {event["event"].get("message_type", "addr") for event in archived} <= {"addr", "addrv2", "getaddr", "sendaddrv2"}
