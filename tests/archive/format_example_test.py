"""The example of docs/archive-format.md, taken apart as its grammar says, without code of ours, and read by the archive reader."""

import re
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

import harness
from proto import archive_pb2, event_pb2

PAGE = (Path(__file__).resolve().parents[2] / "docs/archive-format.md").read_text()


def parts():
    """{name: (offset, bytes)}."""
    found, offset = {}, 0
    dump = re.search(r"```hexdump\n(.*?)```", PAGE, re.DOTALL)[1]
    for block in re.split(r"^# ", dump, flags=re.MULTILINE)[1:]:
        name, *lines = block.splitlines()
        data = b""
        for line in lines:
            place, digits = re.match(r"([0-9a-f]{3})  ((?:[0-9a-f]{2} ?)+)", line).groups()
            assert int(place, 16) == offset + len(data), line
            data += bytes.fromhex(digits)
        found[name] = (offset, data)
        offset += len(data)
    return found


def message_of(record, letter, message_type):
    magic, size = struct.unpack("<II", record[:8])
    crc, total = struct.unpack("<II", record[-8:])
    assert (magic, size, total) == (0x184D2A5A, len(record) - 8, len(record))
    assert record[8:12] == b"POA" + letter
    assert crc == zlib.crc32(record[8:-8])
    return message_type.FromString(record[12:-8])


def test_matches_example_with_grammar():
    (_, header), (_, gap), (offset, frame), (_, index) = (parts()[name] for name in ("header", "gap", "frame", "index"))
    source = message_of(header, b"H", archive_pb2.ArchiveHeader).sources[0]
    assert (source.node, source.publisher_id) == ("alpha", 0x1122334455667788)
    missing = message_of(gap, b"G", archive_pb2.ArchiveGap)
    assert (missing.source, missing.first_sequence, missing.count) == (source, 40, 1)

    content = subprocess.run(["zstd", "-dc"], input=frame, check=True, stdout=subprocess.PIPE).stdout
    assert content[0] == len(content) - 1 < 128, "a varint of one byte, and the batch"
    batch = event_pb2.EventBatch.FromString(content[1:])
    assert (batch.node, batch.publisher_id, batch.first_sequence) == ("alpha", source.publisher_id, missing.first_sequence + 1)
    assert batch.events[0].message.inbound.message_type == "verack"

    (entry,) = message_of(index, b"I", archive_pb2.ArchiveIndex).frames
    assert (entry.offset, entry.size_bytes, entry.content_bytes, entry.events) == (offset, len(frame), len(content), 1)
    assert (entry.first_sequence, entry.end_sequence) == (41, 42)
    assert entry.earliest_ns == entry.latest_ns == batch.events[0].timestamp_ns


@pytest.mark.parametrize("verb", ["verify", "cat"])
def test_reads_example_with_archive_reader(directory, verb):
    name, = set(re.findall(r"archive cat (\S+\.poa\.zst)", PAGE))
    (directory / name).write_bytes(b"".join(data for _, data in parts().values()))
    done = subprocess.run([harness.program("peer-observer-archive"), verb, directory / name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if verb == "cat":
        shown = re.search(r"archive cat .*\n((?:    .*\n)+)", PAGE)[1]
        assert done.stdout == "".join(line[4:] + "\n" for line in shown.splitlines())
