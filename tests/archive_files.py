"""Archive files written after docs/archive-format.md, without our code."""

import struct
import subprocess
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


def write_archive(path, events, more=b"", frames=()):
    """A whole archive, after docs/archive-format.md: header, a frame of a batch and `more`, further frames, index."""
    source = archive_pb2.ArchiveSource(node="alice", publisher_id=7)
    data = record_of(b"H", archive_pb2.ArchiveHeader(format_version=1, schema_version=1, sources=[source]))
    index = archive_pb2.ArchiveIndex()
    for content in (delimited(make_batch(events)) + more, *frames):
        frame = frame_of(content, path.with_suffix(".content"))
        index.frames.add(offset=len(data), size_bytes=len(frame), content_bytes=len(content))
        data += frame
    path.write_bytes(data + record_of(b"I", index))
    return index
