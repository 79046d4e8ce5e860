"""Searches in files whose search records are written here, after docs/archive-format.md."""

import struct
import subprocess
import zlib

import pytest

import harness
from archive_files import Writer, delimited
from archiving import archive_tool, json_events
from peer_observer.proto import archive_pb2, event_pb2

MASK = (1 << 64) - 1
MULTIPLIER = 0x9E3779B97F4A7C15
FRAMES = 40


def token(letter, value):
    number = ord(letter)
    for start in range(0, len(value), 8):
        number = (number ^ int.from_bytes(value[start:start + 8], "little")) * MULTIPLIER & MASK
        number ^= number >> 32
    number = number * MULTIPLIER & MASK
    return number ^ number >> 29 or 1


def bloom(tokens):
    size = (len(tokens) * 12 + 7) // 8
    bits = bytearray(size)
    for one in tokens:
        step = one * MULTIPLIER & MASK | 1
        for i in range(8):
            bit = ((one + i * step & MASK) * size * 8) >> 64
            bits[bit // 8] |= 1 << bit % 8
    return bytes(bits)


def hash_of(number):
    return number.to_bytes(2, "little") * 16


def event_of(number):
    event = event_pb2.Event(timestamp_ns=10**18 + number, pid=1 + number // 10)
    message = event.message.inbound
    message.peer_id, message.address, message.message_type = number, f"203.0.113.{number}:8333", "inv"
    message.payload.inv.items.add(type=5, hash=hash_of(number))
    return event


def contents_of(event):
    message = event.message.inbound
    return {"kinds": [event_pb2.Event.MESSAGE_FIELD_NUMBER * 64 + 1], "message_types": [b"inv"], "hosts": [message.address.split(":")[0].encode()],
            "peers": [message.peer_id], "pids": [event.pid], "networks": [0], "filter": bloom([token("h", message.payload.inv.items[0].hash)])}


class SearchWriter(Writer):
    """A frame for each event, and one search record."""

    def events(self, events, contents=contents_of):
        search = archive_pb2.ArchiveSearch(rules=1)
        for number, event in enumerate(events):
            batch = event_pb2.EventBatch(schema_version=1, node="alice", publisher_id=7, first_sequence=number, events=[event])
            self.content(delimited(batch.SerializeToString()), events=1, earliest_ns=event.timestamp_ns, latest_ns=event.timestamp_ns,
                         first_sequence=number, end_sequence=number + 1)
            frame = self.index.frames[-1]
            search.frames.add(offset=frame.offset, size_bytes=frame.size_bytes, **contents(event))
        tagged = b"POAS" + search.SerializeToString()
        size = len(tagged) + 8
        self.index.searches.add(offset=len(self.data), size_bytes=size + 8)
        self.data += struct.pack("<II", 0x184D2A5B, size) + tagged + struct.pack("<II", zlib.crc32(tagged), size + 8)


@pytest.fixture
def file(tmp_path):
    writer = SearchWriter()
    writer.events([event_of(number) for number in range(FRAMES)])
    writer.write(tmp_path / "a.poa.zst")
    return tmp_path / "a.poa.zst"


def numbers(*arguments):
    return [event["sequence"] for event in json_events(*arguments)]


QUESTIONS = [(("--hash", hash_of(7)[::-1].hex()), [7]), (("--address", "203.0.113.9"), [9]), (("--address", "203.0.113.9:8333"), [9]), (("--peer", 11), [11]),
             (("--pid", 2), list(range(10, 20))), (("--network", "unroutable", "--peer", 3), [3]), (("--kind", "message", "--peer", 5), [5]), (("--network", "onion"), []),
             (("--kind", "mempool"), []), (("--message-type", "tx"), []), (("--select", f"hash={hash_of(1)[::-1].hex()}|{hash_of(2)[::-1].hex()}", "--select", "peer=30"), [1, 2, 30])]


@pytest.mark.parametrize("options, expected", QUESTIONS)
def test_finds_what_is_there(file, options, expected):
    assert numbers(*options, file) == numbers("--no-index", *options, file) == expected
    assert f"events      {len(expected)}\n" in archive_tool("info", *options, file).decode()


def test_skips_frames_that_cannot_match(file):
    """Their bytes are damaged, which reading them would tell."""
    index = archive_pb2.ArchiveIndex.FromString(file.read_bytes()[-int.from_bytes(file.read_bytes()[-4:], "little"):][12:-8])
    data = bytearray(file.read_bytes())
    for number, frame in enumerate(index.frames):
        if number != 7:
            data[frame.offset + frame.size_bytes - 1] ^= 1
    file.write_bytes(data)
    options = ("--hash", hash_of(7)[::-1].hex())
    assert numbers(*options, file) == [7]
    archive_tool("cat", "--no-index", *options, file, status=1)


def test_verifies_what_search_records_say(tmp_path):
    def lie(event):
        return {**contents_of(event), **({"filter": b"\x01"} if event.message.inbound.peer_id == 4 else {})}

    writer = SearchWriter()
    writer.events([event_of(number) for number in range(FRAMES)], lie)
    path = tmp_path / "a.poa.zst"
    writer.write(path)
    told = archive_tool("verify", path, status=1).decode()
    assert told.count("offset") == 1 and "leaves out something" in told
    assert numbers("--no-index", "--hash", hash_of(4)[::-1].hex(), path) == [4]


@pytest.mark.parametrize("change", [{"has_malformed": True}, {"has_unknown": True}])
def test_reads_frames_that_may_have_anything(tmp_path, change):
    writer = SearchWriter()
    writer.events([event_of(number) for number in range(FRAMES)], lambda event: {**contents_of(event), "filter": b"", **change})
    writer.write(tmp_path / "a.poa.zst")
    assert numbers("--hash", hash_of(4)[::-1].hex(), tmp_path) == [4]


def test_says_the_same_as_our_own_records(tmp_path, file):
    """The archiver's library makes the same entries of these events, in another order."""
    plain = Writer()
    for number in range(FRAMES):
        batch = event_pb2.EventBatch(schema_version=1, node="alice", publisher_id=7, first_sequence=number, events=[event_of(number)])
        plain.content(delimited(batch.SerializeToString()), events=1, earliest_ns=10**18 + number, latest_ns=10**18 + number, first_sequence=number,
                      end_sequence=number + 1)
    ours = tmp_path / "ours.poa.zst"
    plain.write(ours)
    assert b"indexed" in archive_tool("index", ours)
    assert b"already" in archive_tool("index", ours)

    def entries(path):
        data = path.read_bytes()
        index = archive_pb2.ArchiveIndex.FromString(data[-int.from_bytes(data[-4:], "little"):][12:-8])
        place = index.searches[0]
        found = archive_pb2.ArchiveSearch.FromString(data[place.offset:place.offset + place.size_bytes][12:-8])
        assert found.rules == 1
        for frame in found.frames:
            frame.ClearField("offset")
            frame.ClearField("size_bytes")
        return list(found.frames)

    assert entries(ours) == entries(file)
    archive_tool("verify", tmp_path)


def test_leaves_files_readable_for_zstd_and_older_readers(file):
    plain = subprocess.run(["zstd", "-dcq", file], check=True, stdout=subprocess.PIPE).stdout
    assert plain == archive_tool("cat", "--format", "protobuf", file)
    from peer_observer import archive_events
    assert [origin.sequence for origin, _ in archive_events(file)] == list(range(FRAMES)), "which knows no search records"


def test_refuses_what_is_no_hash_or_network(file):
    for options, why in ((("--hash", "12"), b"64 hex digits"), (("--network", "tor"), b"onion"), (("--kind", "mempool", "--network", "onion"), b"network")):
        done = subprocess.run([harness.program("peer-observer-archive"), "cat", *options, file], capture_output=True)
        assert done.returncode == 2 and why in done.stderr
