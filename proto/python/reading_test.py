"""Archives that are whole, torn, cut and damaged, by either way of reading."""

import importlib.util
import os
import pathlib
import subprocess
import sys
import types

import pytest

sys.path[:0] = [str(pathlib.Path(os.environ["PEER_OBSERVER_BUILD"]) / "python"), str(pathlib.Path(__file__).parents[2] / "tests")]

from archive_files import delimited, make_batch, record_of, write_archive  # noqa: E402
from peer_observer import DecodingError, Origin, archive_batches  # noqa: E402
from peer_observer.proto import archive_pb2, event_pb2  # noqa: E402


def an_event():
    return event_pb2.Event(timestamp_ns=1, pid=7)


@pytest.fixture(params=["program", "module"])
def way_of_reading(request, monkeypatch):
    """By the program zstd, and by the module zstandard, or one that does what we use of it where it is not installed."""
    if request.param == "program":
        monkeypatch.setitem(sys.modules, "zstandard", None)
    elif importlib.util.find_spec("zstandard") is None:
        class ZstdError(Exception):
            pass

        class ZstdDecompressor:
            def decompress(self, frame):
                done = subprocess.run(["zstd", "-dcq"], input=frame, capture_output=True)
                if done.returncode:
                    raise ZstdError(done.stderr)
                return done.stdout
        monkeypatch.setitem(sys.modules, "zstandard", types.SimpleNamespace(ZstdError=ZstdError, ZstdDecompressor=ZstdDecompressor))


def read(path):
    """How many batches were yielded, and the error."""
    count = 0
    try:
        for _ in archive_batches(path):
            count += 1
    except DecodingError as error:
        return count, str(error)
    return count, None


def test_yields_all_before_damage_and_raises(tmp_path, way_of_reading):
    path = tmp_path / "a.poa.zst"
    batch = delimited(make_batch([an_event()]))
    index = write_archive(path, [an_event()], frames=[batch * 2, batch * 3])
    whole = path.read_bytes()
    assert read(path) == (6, None)
    ends = [frame.offset + frame.size_bytes for frame in index.frames]
    for cut in sorted({0, 3, index.frames[0].offset, *ends, *(end - 1 for end in ends), ends[0] + 5, len(whole) - 1, len(whole) - 4}):
        path.write_bytes(whole[:cut])
        count, error = read(path)
        assert error, f"cut at {cut}"
        assert count == sum(batches for batches, end in zip((1, 2, 3), ends) if end <= cut), f"cut at {cut}"
    for changed in range(index.frames[1].offset, ends[1]):
        path.write_bytes(whole[:changed] + bytes([whole[changed] ^ 0x10]) + whole[changed + 1:])
        count, error = read(path)
        assert (count, bool(error)) in ((1, True), (6, False)), f"byte {changed}"  # zstd ignores some bits
    path.write_bytes(whole[:ends[0]] + whole[ends[1]:])
    assert read(path)[0] == 4
    assert "index" in read(path)[1], "a frame in the middle has gone"
    path.write_bytes(whole + b"x")
    assert read(path)[1]
    path.write_bytes(whole[:ends[2]] + whole)
    assert read(path)[0] == 6
    assert "header" in read(path)[1]


def test_reads_open_file_to_its_end(tmp_path, way_of_reading):
    path = tmp_path / "a.poa.zst.open"
    index = write_archive(path, [an_event()])
    path.write_bytes(path.read_bytes()[:index.frames[0].offset + index.frames[0].size_bytes])
    assert read(path) == (1, None)


def test_reports_gaps_of_archive(tmp_path):
    source = archive_pb2.ArchiveSource(node="alice", publisher_id=7)
    gaps = [archive_pb2.ArchiveGap(source=source, first_sequence=5, count=3, cause=archive_pb2.ArchiveGap.NOT_RECEIVED),
            archive_pb2.ArchiveGap(source=source, first_sequence=8, cause=archive_pb2.ArchiveGap.PUBLISHER_CRASHED)]
    data = record_of(b"H", archive_pb2.ArchiveHeader(format_version=1, sources=[source]))
    (tmp_path / "a.poa.zst").write_bytes(data + b"".join(record_of(b"G", gap) for gap in gaps) + record_of(b"I", archive_pb2.ArchiveIndex(gaps=gaps)))
    missed = []
    assert list(archive_batches(tmp_path / "a.poa.zst", on_missed=lambda origin, count: missed.append((origin, count)))) == []
    assert missed == [(Origin("alice", 7, 5), 3), (Origin("alice", 7, 8), None)]
