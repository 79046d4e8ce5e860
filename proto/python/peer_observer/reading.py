"""Batches from streams, and live from the bus. One batch is held in memory."""

import collections
import contextlib
import io
import os
import select
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .events import Origin, events_of
from .proto import event_pb2

SCHEMA_VERSION = 1
TOPIC = b"peer-observer/1/"
MAX_BATCH_BYTES = 32 << 20
MAX_PUBLISHERS = 1024  # anybody may send any publisher id
WAIT_SECONDS = 1


class DecodingError(Exception):
    """What was read is not an archive or not a stream of batches, or it is damaged. What came before is good."""


def _read_varint(stream):
    """The next number; None at the end of the stream."""
    value = 0
    for shift in range(0, 64, 7):
        byte = stream.read(1)
        if not byte:
            if shift:
                raise DecodingError("the stream ends within a length")
            return None
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise DecodingError("a length is not a number")


def _with_unparsed_events():
    """EventBatch, but its events are bytes: on the wire they are the same."""
    file = descriptor_pb2.FileDescriptorProto(name="unparsed.proto", package="peer_observer.unparsed", syntax="proto3")
    message = file.message_type.add()
    event_pb2.EventBatch.DESCRIPTOR.CopyToProto(message)
    for field in message.field:
        field.ClearField("options")
        if field.name == "events":
            field.type = field.TYPE_BYTES
            field.ClearField("type_name")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("peer_observer.unparsed.EventBatch")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def _parse_event_by_event(data, on_bad):
    """An invalid event becomes an empty one, so that the others keep their numbers, and is reported to `on_bad`."""
    try:
        unparsed = _with_unparsed_events().FromString(data)
    except Exception as error:  # protobuf's implementations raise different ones
        raise DecodingError("a batch is not valid protobuf") from error
    batch = event_pb2.EventBatch()
    for field, value in unparsed.ListFields():
        if field.name != "events":
            setattr(batch, field.name, value)
    for index, event in enumerate(unparsed.events):
        try:
            batch.events.append(event_pb2.Event.FromString(event))
        except Exception:
            batch.events.add()
            on_bad(f"event {batch.first_sequence + index} of node {batch.node}, publisher {batch.publisher_id:016x}, "
                   f"is skipped: it is not valid protobuf ({len(event)} bytes)")
    return batch


def parse_batch(data, on_bad=lambda reason: None):
    """An EventBatch; DecodingError where it is none, or one of another version. An event in it that is not valid becomes
    an empty one; `on_bad` is called with a line that names it."""
    try:
        batch = event_pb2.EventBatch.FromString(data)
    except Exception:  # protobuf's implementations raise different ones
        batch = _parse_event_by_event(data, on_bad)
    if batch.schema_version != SCHEMA_VERSION:
        raise DecodingError(f"schema version {batch.schema_version}, only {SCHEMA_VERSION} is understood")
    return batch


def _good_batches(batches_data, on_bad):
    """Of those that are none, `on_bad` is told."""
    for data in batches_data:
        try:
            batch = parse_batch(data, on_bad)
        except DecodingError as error:
            on_bad(f"a batch is skipped: {error}")
        else:
            yield batch


def delimited_batches(stream, on_bad=lambda reason: None):
    """Yields the EventBatches of a binary stream, each behind its length as a varint. What is not valid is skipped, and
    `on_bad` is called with a line about it."""
    yield from _good_batches(_delimited(stream), on_bad)


def _delimited(stream):
    while (size := _read_varint(stream)) is not None:
        if size > MAX_BATCH_BYTES:
            raise DecodingError(f"a batch of {size} bytes is too big")
        data = stream.read(size)
        if len(data) < size:
            raise DecodingError("the stream ends within a batch")
        yield data


@contextlib.contextmanager
def _output_of(*command):
    """The stdout of a program, which ends with the block."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            raise DecodingError(f"{command[0]} ended with status {process.returncode}")


class _Pipe(io.RawIOBase):
    """A pipe that calls `on_wait` each second while nothing comes."""

    def __init__(self, descriptor, on_wait):
        self._descriptor = descriptor
        self._on_wait = on_wait

    def readable(self):
        return True

    def readinto(self, buffer):
        while not select.select([self._descriptor], [], [], WAIT_SECONDS)[0]:
            self._on_wait()
        data = os.read(self._descriptor, len(buffer))
        buffer[:len(data)] = data
        return len(data)


def _from_bus(urls, on_wait):
    import pynng

    with pynng.Sub0(topics=[TOPIC], recv_max_size=MAX_BATCH_BYTES, recv_buffer_size=4096, recv_timeout=1000 * WAIT_SECONDS) as socket:
        for url in urls:
            socket.dial(url, block=False)
        while True:
            try:
                frame = socket.recv()
            except pynng.Timeout:
                on_wait()
                continue
            yield frame.split(b"\0", 1)[-1]


def _with_gaps(batches, on_missed):
    """Yields the batches, and calls `on_missed` in front of those before which events of their publisher are missing."""
    following = collections.OrderedDict()  # (node, publisher id): the number that comes next; latest publisher last
    for batch in batches:
        publisher = batch.node, batch.publisher_id
        first, end = batch.first_sequence, batch.first_sequence + len(batch.events)
        expected = following.pop(publisher, first)
        if first > expected:
            on_missed(Origin(*publisher, expected), first - expected)
        following[publisher] = max(expected, end)
        if len(following) > MAX_PUBLISHERS:
            following.popitem(last=False)
        yield batch


def live_batches(*urls, logger="peer-observer-logger", tls_ca_file=None, tls_cert_key_file=None, on_wait=lambda: None,
                 on_bad=lambda reason: None, on_missed=lambda origin, count: None):
    """Yields EventBatches as publishers at these URLs send them: by the module pynng where it is installed, else, and for
    tls+tcp://, by the program peer-observer-logger, whose options the TLS files are. Heartbeats (batches without events)
    may come too. Ends when the logger does. Calls `on_wait` each second while nothing comes, and `on_bad` with a line
    about each event, or batch, that is not valid and is skipped. Where events of a publisher did not arrive, `on_missed` is
    called with the Origin of the first of them and their number."""
    urls = urls or ("tcp://127.0.0.1:9331",)
    with_tls = any(url.startswith("tls+tcp://") for url in urls)
    try:
        import pynng  # noqa: F401
    except ImportError:
        with_logger = True
    else:
        with_logger = with_tls
    if not with_logger:
        yield from _with_gaps(_good_batches(_from_bus(urls, on_wait), on_bad), on_missed)
        return
    options = [word for url in urls for word in ("--source", url)]
    if with_tls:
        options += ["--tls-ca-file", str(tls_ca_file), "--tls-cert-key-file", str(tls_cert_key_file)]
    with _output_of(logger, "--format", "protobuf", *options) as pipe:
        yield from _with_gaps(delimited_batches(io.BufferedReader(_Pipe(pipe.fileno(), on_wait)), on_bad), on_missed)


def live_events(*urls, **options):
    """Yields (Origin, Event) for each event as it comes; the options are those of live_batches."""
    return events_of(live_batches(*urls, **options))
