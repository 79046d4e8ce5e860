"""What info and cat tell of missing events in a range of time, and of a node: of archives that are written here."""

import subprocess

import pytest

import harness
from archive_files import Writer
from archiving import archive_tool
from peer_observer.proto import archive_pb2

HOUR = 3600
NOT_RECEIVED, NOT_RUNNING = archive_pb2.ArchiveGap.NOT_RECEIVED, archive_pb2.ArchiveGap.NOT_RUNNING


@pytest.fixture
def folder(tmp_path):
    """Node alice has events in hours 0, 6 and 10, and misses some between; her second file begins with a gap. Bob has a gap in hour 0."""
    first = Writer("alice", 1)
    first.frame(0, [n * 36 * 10**9 for n in range(100)])
    first.gap(100, 5000, NOT_RECEIVED)
    first.frame(5100, [6 * HOUR * 10**9 + n for n in range(100)])
    first.write(tmp_path / "alice" / "1.poa.zst")
    second = Writer("alice", 1)
    second.gap(5200, 3000, NOT_RUNNING)
    second.frame(8200, [10 * HOUR * 10**9])
    second.write(tmp_path / "alice" / "2.poa.zst")
    bob = Writer("bob", 2)
    bob.frame(0, [0])
    bob.gap(1, 7, NOT_RECEIVED)
    bob.frame(8, [1])
    bob.write(tmp_path / "bob" / "1.poa.zst")
    return tmp_path


def missing(folder, *options):
    """Lines of `info` about it."""
    return [line.split(maxsplit=1)[1] for line in archive_tool("info", *options, folder).decode().splitlines() if line.startswith("missing")]


def hours(start, end):
    return "--from", start * HOUR, "--to", end * HOUR


def test_places_gaps_between_their_neighbours(folder):
    node = ("--node", "alice")
    assert missing(folder, *node, *hours(2, 3)) == ["up to 5000 events, 1 times; not in the archive: NOT_RECEIVED"]
    assert missing(folder, *node, *hours(0, 7)) == ["5000 events, 1 times; not in the archive: NOT_RECEIVED",
                                                    "up to 3000 events, 1 times; not in the archive: NOT_RUNNING"]
    assert missing(folder, *node, *hours(8, 9)) == ["up to 3000 events, 1 times; not in the archive: NOT_RUNNING"]
    assert missing(folder, *node, "--from", 1, "--to", 3000) == ["0 events"]
    assert missing(folder, *node, *hours(11, 12)) == ["0 events"]


def test_assigns_gaps_to_their_node(folder):
    assert missing(folder, "--node", "bob") == ["7 events, 1 times; not in the archive: NOT_RECEIVED"]
    assert missing(folder, "--node", "bob", "--from", 1) == ["0 events"]


def test_prints_gaps_of_range(folder):
    def lines(*options):
        return [line for line in archive_tool("cat", "--node", "alice", *options, folder).decode().splitlines() if "missed" in line]
    assert len(lines()) == 2
    assert len(lines(*hours(8, 9))) == 1
    assert lines("--from", 1, "--to", 3000) == []


def test_keeps_place_of_gaps_in_damaged_file(folder):
    """Without the index neighbours are known from the events."""
    path = folder / "alice" / "1.poa.zst"
    path.write_bytes(path.read_bytes()[:-1])
    done = subprocess.run([harness.program("peer-observer-archive"), "info", "--node", "alice", *map(str, hours(2, 3)), path], capture_output=True, text=True,
                          timeout=harness.TIMEOUT)
    assert done.returncode == 1 and "up to 5000 events, 1 times" in done.stdout
