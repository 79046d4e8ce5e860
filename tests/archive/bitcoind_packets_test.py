"""Packets of real nodes that tcpdump captured, imported, are what the extractor saw and what the node captured itself."""

import contextlib
import pathlib
import shlex
import signal
import sqlite3
import subprocess
import sys

import pytest

import harness
import recipes
from archiving import archive_tool, json_events
from web_service import Web

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from node import Node, find_bitcoind  # noqa: E402
from traced import traced_node  # noqa: E402

DIRECTIONS = ("inbound", "outbound")
# What packets do not say. (The type of an inbound connection they do.)
UNKNOWN = ("peer_id", "connection_type", "connection_count", "established_s")


class Recipes:
    """The blocks of the page, as they stand, but for ports and paths."""

    def __init__(self, directory, node):
        self.tcpdump, self.import_, self.ask, self.web, self.detect = (block.text.splitlines() for block in recipes.run_by(
            __file__, "docs/how-to/import-captures.md"))
        self.replaced = {"alpha.pcap": directory / "alpha.pcap", "alpha.poa.zst": directory / "alpha.poa.zst",
                         "alpha.sqlite": directory / "alpha.sqlite", "203.0.113.5:8333": node.address, "8333": node.port, ".": directory}

    def command(self, line, *options):
        words = [str(self.replaced.get(word, word)) for word in shlex.split(line)]
        program = words[0] if words[0] == "tcpdump" else harness.program(words[0])
        return program, *words[1:], *options


def known(event):
    return {name: value for name, value in event["event"].items() if name not in UNKNOWN}


def messages(events, direction, address):
    return [known(event) for event in events if event["kind"] == f"message.{direction}" and event["event"]["address"] == address]


def connections(events):
    return [(event["kind"], known(event)) for event in events if event["kind"].startswith("connection.")]


def talk(traced, node, peer):
    """A block goes from the traced node to the peer, and all that belongs to it."""
    block_hash, = traced.node.rpc.generatetoaddress(1, "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202")
    harness.wait_until(lambda: peer.rpc.getbestblockhash() == block_hash, "the block at the peer")
    harness.wait_until(lambda: all(info["bytesrecv_per_msg"].get("pong") for info in node.rpc.getpeerinfo()), "a pong")


def connect(traced, one, other_address, v2transport):
    """Opens a connection; returns the address that the traced node has for its peer, and what it has seen of it."""
    mark = traced.events.mark()
    one.rpc.addnode(other_address, "onetry", v2transport)
    opened = traced.events.wait_for("connection.inbound" if one is not traced.node else "connection.outbound", after=mark)
    return opened["address"]


def disconnect(traced, address):
    peer, = (peer for peer in traced.node.rpc.getpeerinfo() if peer["addr"] == address)
    traced.node.rpc.disconnectnode("", peer["id"])
    traced.events.wait_for("connection.closed", address=address)


def closed_connections(steps):
    """In the packets that are written already."""
    output = steps.replaced["alpha.poa.zst"]
    # The last packet can be there in part: any status is right.
    subprocess.run(steps.command(*steps.import_), capture_output=True, timeout=harness.TIMEOUT)
    closed = sum(event["kind"] == "connection.closed" for event in json_events(output)) if output.exists() else 0
    output.unlink(missing_ok=True)
    return closed


@pytest.fixture(scope="module")
def session():
    """Three connections: v1 to the node, v2 to the node, v1 from the node."""
    with traced_node("-capturemessages", "-whitelist=noban@127.0.0.0/8") as traced, harness.temporary_directory() as directory:
        steps = Recipes(directory, traced.node)
        port = harness.free_port()
        line, = steps.tcpdump
        # The other port is that of the peer to which the node connects.
        command = [*steps.command(line, "or", "tcp", "port", str(port))]
        # By root: tcpdump would become another user, to whom the folder does not belong. (--immediate-mode would give each packet 256 KiB of the buffer.)
        command[1:1] = ["-Z", "root", "-U", "-B", "16384"]
        with harness.Program(*command) as tcpdump, Node(directory / "other", find_bitcoind(), f"-bind=127.0.0.2:{port}") as other:
            tcpdump.wait_for_log("listening on")
            wallet = traced.node.create_wallet()
            first = connect(traced, traced.peer, traced.node.address, False)
            # In initial block download it would ignore transactions.
            harness.wait_until(lambda: traced.peer.rpc.getbestblockhash() == traced.node.rpc.getbestblockhash()
                               and not traced.peer.rpc.getblockchaininfo()["initialblockdownload"], "the blocks at the peer")
            for _ in range(3):
                wallet.sendtoaddress(wallet.getnewaddress(), 1)
            # Not only in the block that comes next.
            harness.wait_until(lambda: len(traced.peer.rpc.getrawmempool()) == 3, "the transactions at the peer")
            talk(traced, traced.node, traced.peer)
            disconnect(traced, first)
            encrypted = connect(traced, traced.peer, traced.node.address, True)
            talk(traced, traced.node, traced.peer)
            disconnect(traced, encrypted)
            outbound = connect(traced, traced.node, f"127.0.0.2:{port}", False)
            talk(traced, traced.node, other)
            disconnect(traced, outbound)
            traced.node.stop()
            # The kernel collects packets for up to a second; tcpdump does not read the last ones when it is interrupted.
            harness.wait_until(lambda: closed_connections(steps) == 3, "the packets in the file")
            tcpdump.signal(signal.SIGINT)
            assert tcpdump.wait() == 0
            tcpdump.wait_for_log("0 packets dropped by kernel")
        import_ = harness.Program(*steps.command(*steps.import_))
        assert import_.wait() == 0
        import_.wait_for_log(f"1 connections were not read: they use the v2 transport, which is encrypted, or another protocol. The first peers of these: {encrypted}")
        imported = json_events(directory / "alpha.poa.zst")
        capture = traced.node.directory / "regtest/message_capture"
        own = traced.node.directory / "own.poa.zst"
        archive_tool("import", "--node", "alpha", "--output", own, capture)
        yield steps, imported, [event.all for event in traced.events.list], json_events(own), first, encrypted, outbound


def test_imports_messages_as_the_extractor_saw_them(session):
    _, imported, seen, own, first, encrypted, outbound = session
    for address in (first, outbound):
        for direction in DIRECTIONS:
            ours = messages(imported, direction, address)
            assert ours == messages(seen, direction, address)
            assert ours == messages(own, direction, address)
            assert {"version", "verack", "block", "cmpctblock"} & {message["message_type"] for message in ours}
    assert "tx" in {message["message_type"] for message in messages(imported, "outbound", first)}
    assert messages(seen, "inbound", encrypted) and not any(messages(imported, direction, encrypted) for direction in DIRECTIONS)
    assert "events_lost" not in {event["kind"] for event in imported}
    assert all(not event["pid"] for event in imported)
    assert {event["event"].get("connection_type", "") for event in imported if event["event"]["address"] == first} == {"inbound"}
    assert not {event["event"].get("connection_type", "") for event in imported if event["event"]["address"] == outbound} - {""}
    # A message is received before it is processed, and sent after it was queued. (The extractor calculates UNIX time from another clock.)
    for address in (first, outbound):
        for direction, sign in (("inbound", 1), ("outbound", -1)):
            times = [[event["timestamp_ns"] for event in events if event["kind"] == f"message.{direction}" and event["event"]["address"] == address]
                     for events in (imported, seen)]
            assert all(-1e6 <= sign * (traced - captured) < 10e9 for captured, traced in zip(*times, strict=True))


def test_imports_connections_as_the_extractor_saw_them(session):
    _, imported, seen, *_ = session
    assert connections(imported) == connections(seen)
    assert len(connections(imported)) == 6
    established = [[int(event["event"]["established_s"]) for event in events if event["kind"] == "connection.closed"] for events in (imported, seen)]
    assert all(abs(one - other) <= 2 for one, other in zip(*established, strict=True))


def test_answers_and_shows_what_was_imported(session):
    steps, imported, *_ = session
    info, cat, export = (archive_tool(*steps.command(line)[1:]) for line in steps.ask)
    assert b"message.inbound" in info and len(cat.splitlines()) == len(connections(imported))
    with contextlib.closing(sqlite3.connect(steps.replaced["alpha.sqlite"])) as database:
        hosts = database.execute("SELECT count(*) FROM message_version WHERE direction = 'inbound'").fetchone()
        assert hosts == (2,)
    web_line, = steps.web
    with Web(*steps.command(web_line)[1:]) as web:
        node, = web.get("archive")["nodes"]
        assert node["node"] == "alpha" and node["events"] == len(imported)


def test_refuses_what_is_not_clear(session):
    steps, *_ = session
    packets = steps.replaced["alpha.pcap"]
    folder = packets.parent / "refused"
    folder.mkdir()

    def refused(*arguments):
        done = subprocess.run([harness.program("peer-observer-archive"), "import", "--node", "alpha", "--output", folder / "a.poa.zst", *arguments],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and list(folder.iterdir()) == []
        return done.stderr
    assert "both ends have the same address" in refused(packets)
    assert "'localhost' is not an address" in refused("--node-address", "localhost", packets)
    assert "--magic takes main, test" in refused("--magic", "mainnet", packets)
    assert "give one or the other" in refused(packets, __file__)
    assert "--magic is for files of packets" in refused("--magic", "main", __file__)


def test_shows_detector_what_was_imported(session):
    steps, imported, *_ = session
    bus, findings, metrics = (harness.free_port() for _ in range(3))
    detector, logger, replay = steps.detect
    with harness.Program(*steps.command(detector, "--source", f"tcp://127.0.0.1:{bus}", "--listen", f"tcp://127.0.0.1:{findings}",
                                        "--metrics-address", f"127.0.0.1:{metrics}")), \
            harness.Program(*steps.command(logger.replace("9335", str(findings)))) as printer:
        printer.wait_for_log("connected")
        with harness.Program(*steps.command(replay, "--listen", f"tcp://127.0.0.1:{bus}")) as replayed:
            assert replayed.wait() == 0
        harness.wait_for_metric(f"127.0.0.1:{metrics}", "peer_observer_detector_events_total", len(imported))
