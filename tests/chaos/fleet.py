"""A node, what observes it, and what listens: all the services, on two hosts."""

import io
import json
import os
import signal
import subprocess

import harness
from archiving import archive_tool
from ledger import tile
from members import Logger, Relay, Source, Tool, figures
from node import Node, copy_binary, find_bitcoind
from network import CONTROL_HERE, CONTROL_THERE, HERE, THERE
from peer_observer.reading import delimited_batches
from rpc_node import METHODS
from sim_node import copy_sim_node

MINUTES = float(os.environ.get("CHAOS_MINUTES", "0"))  # for how long faults are injected
DISK_MEBIBYTES = 64 + round(32 * MINUTES)


class Load:
    """sim_node under load. Ended in order it says how much it has fired."""

    def __init__(self, path, *options):
        self.options = options
        self.program = harness.Program(path, "--summary", *options, stdout=subprocess.PIPE)

    @property
    def pid(self):
        return self.program.pid

    def stop(self):
        self.program.signal(signal.SIGTERM)
        output = self.program.process.stdout.read()
        assert self.program.wait() == 0
        return json.loads(output)["fired"]


class Fleet:
    """`there` is where the tools run. The archive is on a disk of its own, which is small. `core` is a bitcoind, where there
    is one, with four publishers of its own."""

    def __init__(self, directory, there, core=True):
        self.directory = directory
        self.there = there
        self.path = copy_sim_node(directory)
        self.disk = directory / "disk"
        self.archive = self.disk / "archive"
        ports = iter(range(20000, 21000))
        def control(address):
            return f"{address}:{next(ports)}"
        self.extractor = Source(
            "extractor", "peer-observer-extractor", "--bitcoind", self.path, "--node", "sim", "--ring-size", 4,
            "--listen", f"tcp://{HERE}:9331", url=f"tcp://{HERE}:9331", metrics=control(CONTROL_HERE))
        self.sources = [self.extractor]
        self.core = None
        if core and find_bitcoind():
            self.core = Node(directory / "core", copy_binary(directory))
            self.add_core(*(control(CONTROL_HERE) for _ in range(4)))
        def tool(kind, name, *options, sources=tuple(self.sources), **more):
            return kind(name, f"peer-observer-{name.split('-2')[0]}", *options, sources=sources, metrics=control(CONTROL_THERE),
                        before=there.command, **more)
        self.logger = tool(Logger, "logger", "--format", "protobuf")
        self.metrics = tool(Tool, "metrics")
        self.archiver = tool(Tool, "archiver", "--directory", self.archive, "--frame-size", 16, "--frame-seconds", 0.2)
        self.detector = tool(Relay, "detector", "--listen", f"tcp://{THERE}:9335", url=f"tcp://{THERE}:9335")
        self.checker = tool(Relay, "addr-connectivity", "--listen", f"tcp://{THERE}:9334", "--chain", "regtest",
                            url=f"tcp://{THERE}:9334")
        self.listener = tool(Logger, "logger-2", "--format", "protobuf", sources=(self.detector, self.checker))
        self.tools = [self.logger, self.metrics, self.archiver, self.detector, self.checker, self.listener]
        self.members = [*self.sources, *self.tools]
        self.nodes = []

    def add_core(self, *metrics):
        urls = [f"tcp://{HERE}:{port}" for port in (9336, 9333, 9337, 9338)]
        intervals = [word for method in METHODS for word in ("--interval", f"{method}=0.5")]
        # Each has a node of its own: the ledger takes the second publisher of a node for the successor of the first.
        self.sources += [
            Source("extractor-core", "peer-observer-extractor", "--bitcoind", self.core.binary, "--node", "core",
                   "--listen", urls[0], url=urls[0], metrics=metrics[0]),
            Source("rpc-extractor", "peer-observer-rpc-extractor", "--rpc-address", f"127.0.0.1:{self.core.rpc_port}",
                   "--cookie-file", self.core.directory / "regtest" / ".cookie", "--node", "core-rpc", *intervals,
                   "--listen", urls[1], url=urls[1], metrics=metrics[1], idle_connections=len(METHODS)),
            Source("log-extractor", "peer-observer-log-extractor", "--debug-log", self.core.directory / "regtest" / "debug.log", "--node", "core-log",
                   "--state-file", self.directory / "log-position", "--listen", urls[2], url=urls[2], metrics=metrics[2]),
            # Its pings are rare: where everything is to be accounted for, nothing may happen.
            Source("p2p-extractor", "peer-observer-p2p-extractor", "--chain", "regtest", "--connect", self.core.address, "--node", "core-p2p",
                   "--ping-interval", 3600, "--retry", 1, "--listen", urls[3], url=urls[3], metrics=metrics[3], idle_connections=1)]

    def __enter__(self):
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MEBIBYTES}m", "tmpfs", self.disk], check=True)
        if self.core:
            self.core.start()
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.program.end()
        for member in reversed(self.members):
            member.end()
        if self.core:
            self.core.program.signal(signal.SIGCONT)
            self.core.__exit__()
        subprocess.run(["umount", "--lazy", self.disk], check=True)

    def start(self, order):
        """All at once, in this order."""
        for member in order:
            member.start()
        self.wait_until_ready()

    def wait_until_ready(self):
        harness.wait_until(lambda: self.extractor.figure("peer_observer_extractor_tracepoint_attached"), "the extractor is attached")
        for tool in self.tools:
            harness.wait_until(tool.connected, f"{tool} is connected")

    def play(self, *options):
        """Load begins."""
        node = Load(self.path, *options)
        self.nodes.append(node)
        return node

    def fired(self):
        """Load ends. How many events that makes."""
        fired = sum(node.stop() for node in self.nodes)
        self.nodes.clear()
        return fired

    def seen_and_lost(self):
        page = figures(self.extractor.metrics)
        return page and page["peer_observer_extractor_events_total"] + page["peer_observer_extractor_lost_events_total"]

    def wait_until_all_is_counted(self):
        """Figures are a moment behind. Behind a second heartbeat without events in between they are not."""
        def figure(name):
            return self.extractor.figure(f"peer_observer_{name}_total")
        last = None
        def quiet():
            nonlocal last
            now = (figure("extractor_events"), figure("bus_published_batches"))
            if last is None or now[0] != last[0]:
                last = now
            return now[1] >= last[1] + 2
        harness.wait_until(quiet, "heartbeats without events")

    def subscribers_of(self, source):
        return [tool for tool in self.tools if source in tool.sources]

    def restarted(self, member):
        """Who has to find a new base then."""
        for tool in self.subscribers_of(member):
            tool.base = None

    def settle(self):
        """Whether every tool has accounted for everything. The rpc-extractor gets no answers meanwhile, and the log gets no lines."""
        if self.core:
            self.core.program.signal(signal.SIGSTOP)
        for tool in self.tools:
            tool.settle()
        if self.core:
            self.core.program.signal(signal.SIGCONT)

    def check_what_they_hold(self):
        for member in self.members:
            member.check_what_it_holds()

    def stop(self):
        for member in self.members:
            member.stop()
        for logger in (self.logger, self.listener):
            logger.ledger.end()

    def check_archive(self):
        """Of every publisher: each number is in the archive, as an event or in a gap, once. Returns {publisher: (start, end)}."""
        archive_tool("verify", self.archive)
        pieces = {}
        for batch in delimited_batches(io.BytesIO(archive_tool("cat", "--format", "protobuf", self.archive))):
            pieces.setdefault(batch.publisher_id, []).append((batch.first_sequence, len(batch.events)))
        for line in archive_tool("info", "--gaps", self.archive).decode().splitlines():
            if line.startswith("gap "):
                _, _, _, publisher, numbers, _ = line.split()
                first, count = numbers.split("+")
                if count != "unknown":  # a publisher was killed: no number is missing from its successor's
                    pieces.setdefault(int(publisher, 16), []).append((int(first), int(count)))
        assert not list(self.archive.rglob("*.open")), "files are left open"
        return {publisher: tile(parts) for publisher, parts in pieces.items()}

