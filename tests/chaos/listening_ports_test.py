"""Strangers at every port that a service listens on: nobody who behaves loses anything by it."""

import random
import time

import harness
from garbage import SlowOnes, knock, messages, talk
from members import Logger, Relay, Source, Tool, figures
from sim_node import copy_sim_node

SLOW_ONES = 100
KNOCKS = 100


class Ports:
    """Every service, and one well-behaved listener to each publisher."""

    def __init__(self, directory):
        ports = iter(range(20000, 21000))
        def address():
            return f"127.0.0.1:{next(ports)}"
        def member(kind, name, *options, publishes=False, **more):
            if publishes:
                url = f"tcp://{address()}"
                options, more["url"] = (*options, "--listen", url), url
            made = kind(name, f"peer-observer-{name.removesuffix('-of-results')}", *options, metrics=address(), **more)
            self.members.append(made)
            return made
        self.members = []
        self.path = copy_sim_node(directory)
        self.extractor = member(Source, "extractor", "--bitcoind", self.path, "--node", "sim", publishes=True)
        rpc = member(Source, "rpc-extractor", "--rpc-address", "127.0.0.1:9", "--cookie-file", "/dev/null", "--node", "rpc", publishes=True)
        log = member(Source, "log-extractor", "--debug-log", directory / "debug.log", "--node", "log", publishes=True)
        self.meeting = address()  # where a node may connect to the p2p-extractor, and strangers do
        p2p = member(Source, "p2p-extractor", "--chain", "regtest", "--accept", self.meeting, "--node", "p2p", "--handshake-timeout", 1,
                     publishes=True)
        sources = [self.extractor, rpc, log, p2p]
        self.logger = member(Logger, "logger", "--format", "protobuf", sources=sources)
        member(Tool, "metrics", sources=sources)
        member(Tool, "archiver", "--directory", directory / "archive", sources=sources)
        detector = member(Relay, "detector", sources=sources, publishes=True)
        checker = member(Relay, "addr-connectivity", "--chain", "regtest", sources=sources, publishes=True)
        self.results = member(Logger, "logger-of-results", "--format", "protobuf", sources=[detector, checker])
        self.tools = [found for found in self.members if isinstance(found, Tool)]

    def __enter__(self):
        for member in self.members:
            member.start()
        harness.wait_until(lambda: self.extractor.figure("peer_observer_extractor_tracepoint_attached"), "the extractor is attached")
        for tool in self.tools:
            harness.wait_until(tool.connected, f"{tool} is connected")
        return self

    def __exit__(self, *_):
        for member in reversed(self.members):
            member.end()

    def addresses(self):
        return [self.meeting] + [member.metrics for member in self.members] + [member.url.removeprefix("tcp://") for member in self.members if hasattr(member, "url")]

    def settle(self):
        for tool in self.tools:
            tool.settle()

    def expect_no_loss(self):
        self.settle()
        for tool in self.tools:
            assert tool.counts()[1] == 0, f"{tool} missed events"
            assert tool.figure("peer_observer_bus_bad_frames_total") == 0
        for member in self.members:
            member.check_what_it_holds()


def attack(address, source):
    for message in messages(source):
        talk(address, message, source)
    knock(address, KNOCKS)


def test_loses_no_event_by_strangers_at_ports(directory):
    source = random.Random(10)
    with Ports(directory) as ports:
        ports.expect_no_loss()
        with harness.Program(ports.path, "--rate", "1000") as node:
            for address in ports.addresses():
                attack(address, source)
            slow = [SlowOnes(address, SLOW_ONES) for address in ports.addresses()]
            published = ports.extractor
            for _ in range(3):
                for some in slow:
                    some.go_on()
            for some in slow:
                some.leave()
            for member in ports.members:
                harness.wait_until(lambda member=member: figures(member.metrics), f"{member} shows its metrics again")
            assert published.published() > 0
            assert node.stop() == 0
        ports.expect_no_loss()
        for member in ports.members:
            member.stop()


def test_serves_metrics_beside_silent_clients(directory):
    """More slow ones than the endpoint has threads."""
    address = f"127.0.0.1:{harness.free_port()}"
    with harness.Program(harness.program("peer-observer-logger"), "--metrics-address", address) as service:
        service.wait_for_log("metrics on")
        slow = SlowOnes(address, 40)
        begun = time.monotonic()
        harness.wait_until(lambda: figures(address), "the metrics are shown", 120)
        print(f"an answer after {time.monotonic() - begun:.1f} s beside 40 slow ones")
        slow.leave()
        assert service.stop() == 0
