"""Archive files written after docs/archive-format.md, without our code."""

import pathlib
import struct
import subprocess
import tempfile
import zlib

from peer_observer.proto import archive_pb2, event_pb2


def delimited(data):
    length, size = b"", len(data)
    while size > 0x7F:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return length + bytes([size]) + data


def make_batch(events):
    return event_pb2.EventBatch(schema_version=1, node="alice", publisher_id=7, events=events).SerializeToString()


def record_of(letter, message):
    tagged = b"POA" + letter + message.SerializeToString()
    size = len(tagged) + 8
    return struct.pack("<II", 0x184D2A5A, size) + tagged + struct.pack("<II", zlib.crc32(tagged), size + 8)


def frame_of(content, path):
    """By the program zstd from a file, so that the frame says its content's size."""
    path.write_bytes(content)
    return subprocess.run(["zstd", "-cq", path], stdout=subprocess.PIPE, check=True).stdout


class Writer:
    """A file of one publisher."""

    def __init__(self, node="alice", publisher_id=7):
        self.source = archive_pb2.ArchiveSource(node=node, publisher_id=publisher_id)
        self.index = archive_pb2.ArchiveIndex()
        self.data = record_of(b"H", archive_pb2.ArchiveHeader(format_version=1, schema_version=1, sources=[self.source]))

    def content(self, content, **entry):
        with tempfile.TemporaryDirectory() as folder:
            frame = frame_of(content, pathlib.Path(folder) / "content")
        self.index.frames.add(offset=len(self.data), size_bytes=len(frame), content_bytes=len(content), **entry)
        self.data += frame

    def frame(self, first, times_ns):
        """Of a batch of events at these times."""
        batch = event_pb2.EventBatch(schema_version=1, node=self.source.node, publisher_id=self.source.publisher_id, first_sequence=first,
                                     events=[event_pb2.Event(timestamp_ns=time, pid=1) for time in times_ns])
        self.content(delimited(batch.SerializeToString()), events=len(times_ns), earliest_ns=min(times_ns), latest_ns=max(times_ns),
                     first_sequence=first, end_sequence=first + len(times_ns))

    def gap(self, first, count, cause):
        gap = archive_pb2.ArchiveGap(source=self.source, first_sequence=first, count=count, cause=cause)
        self.index.gaps.append(gap)
        self.data += record_of(b"G", gap)

    def write(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data + record_of(b"I", self.index))


def write_archive(path, events, more=b"", frames=()):
    """A frame of a batch and `more`, and further frames. Returns the index."""
    writer = Writer()
    for content in (delimited(make_batch(events)) + more, *frames):
        writer.content(content)
    writer.write(path)
    return writer.index
