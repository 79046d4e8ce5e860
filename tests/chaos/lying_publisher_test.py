"""A publisher that lies to every tool: each stays up, counts what is wrong, hears the honest one, and stays small.

PEER_OBSERVER_LONG_TESTS=1: a million publishers instead of some thousands.
"""

import os
import random
import subprocess

import pytest

import harness
from archiving import archive_tool
from lies import U64, Liar, make_batch, odd_event
from members import Logger, Relay, Tool, figures, memory_kib

LONG = "PEER_OBSERVER_LONG_TESTS" in os.environ
PUBLISHERS = 1_000_000 if LONG else 3_000
FEW = 400  # enough to exceed what any tool keeps open or shows; the archiver takes some 20 ms for a publisher's file
ODD_EVENTS = 20_000 if LONG else 1_000
MOST_EVENTS = 65_536  # in a batch
MOST_KIB = 400 * 1024
EMPTY = b""  # an event without anything


class Audience:
    """Every tool, listening to a liar and to an honest publisher."""

    def __init__(self, directory, liar, honest):
        ports = iter(range(20000, 21000))
        def tool(kind, name, *options, **more):
            program = "peer-observer-" + name.partition(" ")[0]
            made = kind(name, program, *options, sources=[liar, honest], metrics=f"127.0.0.1:{next(ports)}", **more)
            self.tools.append(made)
            return made
        self.tools = []
        self.archive = directory / "archive"
        self.honest_logger = tool(Logger, "logger protobuf", "--format", "protobuf", "--node", "honest")
        tool(Tool, "logger json", "--format", "json")
        tool(Tool, "logger text")
        tool(Tool, "metrics")
        tool(Tool, "archiver", "--directory", self.archive)
        for name in ("detector", "addr-connectivity"):
            url = f"tcp://127.0.0.1:{next(ports)}"
            tool(Relay, name, "--listen", url, *(("--chain", "regtest") if name != "detector" else ()), url=url)

    def __enter__(self):
        for tool in self.tools:
            tool.start()
        for tool in self.tools:
            harness.wait_until(tool.connected, f"{tool} is connected")
        return self

    def __exit__(self, *_):
        for tool in self.tools:
            tool.end()


class Stage:
    """Both publishers, and what every tool must have counted of them."""

    def __init__(self, directory):
        self.liar, self.honest = Liar(), Liar()
        self.audience = Audience(directory, self.liar, self.honest)
        self.events = self.missed = self.bad = self.unknown = self.honest_events = 0
        self.too_large = 0  # frames refused by their size, before anybody reads of which node they are

    def __enter__(self):
        self.audience.__enter__()
        harness.wait_until(lambda: all(len(one.subscribers) == len(self.audience.tools) for one in (self.liar, self.honest)), "all listen")
        return self

    def __exit__(self, *_):
        self.audience.__exit__()
        self.liar.__exit__()
        self.honest.__exit__()

    def lie(self, *messages, events=0, missed=0, bad=0, unknown=0):
        self.liar.send(*messages)
        self.events += events
        self.missed += missed
        self.bad += bad
        self.unknown += unknown

    def expect(self):
        """The honest one says something, and every tool has heard it, and counted all lies before."""
        self.honest.send(make_batch(self.honest_events, [EMPTY], publisher_id=2, node="honest"))
        self.honest_events += 1
        for tool in self.audience.tools:
            only_honest = tool is self.audience.honest_logger
            expected = (self.honest_events, 0, self.too_large, 0) if only_honest else (self.events + self.honest_events, self.missed, self.bad + self.too_large, self.unknown)
            def counted(tool=tool):
                page = figures(tool.metrics) or {}
                return tuple(page.get(f"peer_observer_bus_{name}_total", -1) for name in ("received_events", "missed_events", "bad_frames", "unknown_losses"))
            try:
                # A page of metrics shows 16 digits of a number.
                harness.wait_until(lambda: not tool.runs() or counted() == pytest.approx(expected, rel=1e-14, abs=0), "the counts", 60)
            except AssertionError:
                raise AssertionError(f"{tool} counts {counted()} instead of {expected}") from None
            assert tool.runs(), f"{tool} ended with {tool.program.process.returncode}"

    def end(self):
        for tool in self.audience.tools:
            print(f"{tool}: {memory_kib(tool.pid)} KiB", flush=True)
            tool.stop()
        self.audience.honest_logger.ledger.end()
        assert self.audience.honest_logger.ledger.received == self.honest_events


@pytest.fixture
def stage(directory):
    with Stage(directory) as stage:
        yield stage


def test_survives_jumping_numbers(stage):
    stage.lie(make_batch(0, [EMPTY] * 3), events=3)
    stage.lie(make_batch(10, [EMPTY]), events=1, missed=7)
    stage.lie(make_batch(10, [EMPTY]), bad=1)  # went backwards; counting continues behind it
    stage.lie(make_batch(11, [EMPTY]), events=1)
    stage.lie(make_batch(0, [EMPTY]), bad=1)
    stage.lie(make_batch(1, [EMPTY]), events=1)
    stage.lie(make_batch(1 << 62, [EMPTY]), events=1, unknown=1)
    stage.lie(make_batch(U64, [EMPTY]), bad=1)  # the next would have no number
    stage.lie(make_batch(U64), unknown=1)
    stage.expect()
    stage.end()
    archive_tool("verify", stage.audience.archive)


def test_skips_batches_that_are_invalid(stage):
    source = random.Random(3)
    good = make_batch(0, [EMPTY])
    stage.lie(good, events=1)
    for _ in range(200):
        # Behind the topic, no field starts with it.
        stage.lie(b"peer-observer/1/liar\0\xff" + source.randbytes(source.randrange(100)), bad=1)
    stage.lie(good[:-1], bad=1)
    stage.lie(good.replace(b"1/liar\0", b"1/other\0"), bad=1)  # topic and batch disagree
    stage.lie(good.replace(b"1/liar\0", b"1/li ar\0"), bad=1)
    stage.lie(good + b"\x2a\xff\xff\xff\xff\x0f", bad=1)  # an event of 4 GiB
    stage.lie(good.replace(b"\x08\x01", b"\x08\x02", 1), bad=1)  # another schema
    stage.lie(b"", b"peer-observer/2/liar\0", b"x" * 100)  # other topics
    stage.expect()
    stage.end()


def test_survives_giant_batches_and_events(stage):
    stage.lie(make_batch(0, [EMPTY] * MOST_EVENTS), events=MOST_EVENTS)
    stage.lie(make_batch(MOST_EVENTS, [EMPTY] * (MOST_EVENTS + 1)), bad=1)
    stage.lie(make_batch(MOST_EVENTS, [EMPTY] * (8 << 20))[:16 << 20], bad=1)
    stage.lie(make_batch(MOST_EVENTS, [b"\xff" * (15 << 20)]), events=1)
    stage.expect()
    # More than a frame may have: every tool hangs up and reconnects.
    listeners = list(stage.liar.subscribers)
    for listener in listeners:
        listener.sendall(((16 << 20) + 1).to_bytes(8, "big") + b"x" * 1000)
    harness.wait_until(lambda: len(stage.liar.subscribers) == 2 * len(listeners), "all are back")
    del stage.liar.subscribers[:len(listeners)]
    stage.too_large += 1
    stage.lie(make_batch(MOST_EVENTS + 1, [EMPTY]), events=1)
    stage.expect()
    stage.end()


def test_bounds_publishers_and_nodes(stage):
    most = {}
    publisher_id = 1000

    def appear(node, count):
        nonlocal publisher_id
        ids = range(publisher_id, publisher_id + count)
        publisher_id += count
        stage.lie(*(make_batch(5, [EMPTY], publisher_id=number, node=node.format(number)) for number in ids), events=count)
        stage.expect()
        for tool in stage.audience.tools:
            most[tool.name] = max(most.get(tool.name, 0), memory_kib(tool.pid))

    appear("liar", FEW)
    appear("n{}", FEW)
    archiver = next(tool for tool in stage.audience.tools if tool.name == "archiver")
    archiver.stop()
    stage.audience.tools.remove(archiver)
    for _ in range(0, PUBLISHERS, 1000):
        appear("liar", 1000)
    print(f"KiB at most: {most}")
    assert all(kib < MOST_KIB for kib in most.values())
    stage.end()


def test_survives_impossible_events(stage):
    source = random.Random(4)
    sequence = 0
    for _ in range(ODD_EVENTS // 50):
        events = [odd_event(source) for _ in range(50)]
        for position in range(0, 50, 10):  # and some that are no events
            event = bytearray(events[position] or b"x")
            event[source.randrange(len(event))] = source.randrange(256)
            events[position] = bytes(event)
        stage.lie(make_batch(sequence, events), events=50)
        sequence += 50
        if sequence % 500 == 0:
            stage.expect()
    stage.expect()
    stage.end()
    archive_tool("verify", stage.audience.archive)
    # Whatever is in it can be read.
    for arguments in (("cat", "--format", "json"), ("cat",), ("info",)):
        done = subprocess.run([harness.program("peer-observer-archive"), *arguments, stage.audience.archive], stdout=subprocess.DEVNULL, timeout=120)
        assert done.returncode == 0
