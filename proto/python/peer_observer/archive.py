"""An archive file, frame by frame. What is whole is yielded; then damage is an error. One frame is held in memory, never a file."""

import io
import os
import subprocess
import zlib

from .events import Origin, events_of
from .proto import archive_pb2
from .reading import DecodingError, delimited_batches

FORMAT_VERSION = 1
ZSTD_MAGIC = 0xFD2FB528
SKIPPABLE_MAGIC = 0x184D2A50  # and the 15 numbers after it
RECORD_MAGIC = 0x184D2A5A
MAX_RECORD_BYTES = 16 << 20
MAX_CONTENT_BYTES = 32 << 20
MAX_FRAME_BYTES = 33 << 20
MAX_ENTRY_BYTES = 256  # of the index
UNKNOWN_COUNT = (archive_pb2.ArchiveGap.PUBLISHER_CRASHED, archive_pb2.ArchiveGap.NOT_CREDIBLE)


class _File:
    """Reads exactly what is asked for, and knows where it is."""

    def __init__(self, file):
        self._file = file
        self.offset = 0
        self.left = os.fstat(file.fileno()).st_size

    def take(self, size):
        data = self._file.read(size) if size <= self.left else b""
        if len(data) < size:
            raise DecodingError("the file ends within a frame")
        self.offset += size
        self.left -= size
        return data

    def skip(self, size):
        if size > self.left:
            raise DecodingError("the file ends within a frame")
        self._file.seek(size, os.SEEK_CUR)
        self.offset += size
        self.left -= size

    def number(self, size=4):
        return int.from_bytes(self.take(size), "little")


def _take_frame(file):
    """A zstd frame behind its magic number (RFC 8878), and the size of its content."""
    frame = bytearray(ZSTD_MAGIC.to_bytes(4, "little"))

    def take(size):
        if len(frame) + size > MAX_FRAME_BYTES:
            raise DecodingError("a frame is too big")
        data = file.take(size)
        frame.extend(data)
        return data

    descriptor = take(1)[0]
    is_single_segment, has_checksum = descriptor & 0x20, descriptor & 0x04
    take((0 if is_single_segment else 1) + (0, 1, 2, 4)[descriptor & 3])
    field = (1 if is_single_segment else 0, 2, 4, 8)[descriptor >> 6]
    content_size = int.from_bytes(take(field), "little") + (256 if field == 2 else 0)
    if not field or not has_checksum:
        raise DecodingError("a frame without checksum or content size")
    if content_size > MAX_CONTENT_BYTES:
        raise DecodingError("a frame's content is too big")
    is_last = False
    while not is_last:
        header = int.from_bytes(take(3), "little")
        is_last, kind, size = header & 1, header >> 1 & 3, header >> 3
        take(1 if kind == 1 else size)  # 1: one byte, so often
    take(4)
    return bytes(frame), content_size


def _decompress(frame, size):
    """The content of a frame, checked: by the module zstandard where it is installed, else by the program zstd."""
    try:
        import zstandard
    except ImportError:
        done = subprocess.run(["zstd", "-dcq"], input=frame, capture_output=True)
        if done.returncode != 0:
            raise DecodingError(f"a frame does not decompress: {done.stderr.decode(errors='replace').strip()}") from None
        content = done.stdout
    else:
        try:
            content = zstandard.ZstdDecompressor().decompress(frame)
        except zstandard.ZstdError as error:
            raise DecodingError(f"a frame does not decompress: {error}") from error
    if len(content) != size:
        raise DecodingError("a frame's content has another size than it says")
    return content


def _take_record(file, size):
    """A record behind magic number and size: its letter, and the protobuf message."""
    if not 12 <= size <= MAX_RECORD_BYTES:
        raise DecodingError("a record is too short or too big")
    body = file.take(size - 8)
    if not body.startswith(b"POA") or file.number() != zlib.crc32(body) or file.number() != size + 8:
        raise DecodingError("a record is damaged")
    return chr(body[3]), body[4:]


def _parse(message_type, data):
    try:
        return message_type.FromString(data)
    except Exception as error:  # protobuf's implementations raise different ones
        raise DecodingError("a record is not valid protobuf") from error


def _check_header(header):
    if header.format_version != FORMAT_VERSION:
        raise DecodingError(f"format version {header.format_version}, only {FORMAT_VERSION} is understood")


def _chunks(file):
    """Yields ("H" | "G" | "I", message) for records and ("B", content) for frames. Holds the index against the rest."""
    found = archive_pb2.ArchiveIndex()
    index = None
    while file.left > 0:
        start = file.offset
        magic = file.number()
        if start == 0 and magic != RECORD_MAGIC:
            raise DecodingError("there is no header")
        if index is not None:
            raise DecodingError("there is something behind the index")
        if magic == ZSTD_MAGIC:
            frame, size = _take_frame(file)
            content = _decompress(frame, size)
            found.frames.add(offset=start, size_bytes=len(frame), content_bytes=size)
            yield "B", content
        elif magic == RECORD_MAGIC:
            letter, data = _take_record(file, file.number())
            if (letter == "H") != (start == 0):
                raise DecodingError("a header is only at the start of a file")
            if letter == "H":
                _check_header(_parse(archive_pb2.ArchiveHeader, data))
            elif letter == "G":
                found.gaps.append(_parse(archive_pb2.ArchiveGap, data))
                yield "G", found.gaps[-1]
            elif letter == "I":
                if len(data) > MAX_ENTRY_BYTES * (len(found.frames) + len(found.gaps) + 1):
                    raise DecodingError("the index has too many entries")
                index = _parse(archive_pb2.ArchiveIndex, data)
            else:
                raise DecodingError("a record of a type that is not known")
        elif magic & 0xFFFFFFF0 == SKIPPABLE_MAGIC:
            file.skip(file.number())
        else:
            raise DecodingError("there is no frame")
    _check_index(index, found)


def _check_index(index, found):
    if index is None:
        raise _NoIndex("there is no index: the end of the file is missing")
    frames = [(frame.offset, frame.size_bytes, frame.content_bytes) for frame in index.frames]
    if frames != [(frame.offset, frame.size_bytes, frame.content_bytes) for frame in found.frames] or len(index.gaps) != len(found.gaps):
        raise DecodingError("the index says something else than the file has")


class _NoIndex(DecodingError):
    pass


def archive_batches(path, on_bad=lambda reason: None, on_missed=lambda origin, count: None):
    """Yields the EventBatches of an archive file: by the module zstandard where it is installed, else by the program zstd.

    Of a file that is torn, cut or damaged it yields what comes before that, then raises DecodingError;
    `peer-observer-archive cat --format protobuf` reads what comes behind it, too. A file named .open has no index yet:
    its end is taken for the end if it is the end of a frame. What is whole and yet no valid batch or event is skipped,
    and `on_bad` is called with a line about it. `on_missed` is called with the Origin of the first event that is missing
    and how many are, or None if nobody knows.
    """
    path = os.fspath(path)
    with open(path, "rb") as opened:
        file = _File(opened)
        try:
            if file.left == 0:
                raise DecodingError("there is no header")
            for kind, found in _chunks(file):
                if kind == "G":
                    count = None if found.cause in UNKNOWN_COUNT else found.count
                    on_missed(Origin(found.source.node, found.source.publisher_id, found.first_sequence), count)
                else:
                    yield from delimited_batches(io.BytesIO(found), on_bad)
        except _NoIndex as error:
            if not path.endswith(".open"):
                raise DecodingError(f"{path}: {error}") from None
        except DecodingError as error:
            raise DecodingError(f"{path}: offset {file.offset}: {error}") from error


def archive_events(path, **options):
    """Yields (Origin, Event) for each event of an archive file; the options are those of archive_batches."""
    return events_of(archive_batches(path, **options))
