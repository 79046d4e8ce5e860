"""The program against nodes that are none, or hostile: it ends the connection, says why, and retries; other nodes notice nothing."""

import contextlib
import hashlib
import random
import socket
import struct
import threading

import harness
import pytest
from measuring_peer import P2pExtractor

MAGIC = b"\xfa\xbf\xb5\xda"
MOST_KIB = 64 * 1024 * harness.MEMORY_FACTOR


def message(kind, payload=b"", magic=MAGIC):
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return magic + struct.pack("<12sI4s", kind, len(payload), checksum) + payload


def version():
    return message(b"version", struct.pack("<iQq26x26xQ", 70016, 9, 0, 4711) + b"\x06/node/" + struct.pack("<i?", 0, True))


HANDSHAKE = version() + message(b"verack")


def header(kind, size):
    return MAGIC + struct.pack("<12sI4s", kind, size, b"xxxx")


class FakeNode:
    """Lets `act(connection)` play the node, once a connection."""

    def __init__(self, act):
        self.act = act
        self.connections = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self.server.getsockname()[1])

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                self.connections += 1
                threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection):
        with connection, contextlib.suppress(OSError):
            self.act(connection)


def sends(*parts):
    def act(connection):
        for part in parts:
            connection.sendall(part)
        while connection.recv(65536):
            pass
    return act


def answers_pings(connection):
    """A good node, but slow: each byte comes alone."""
    for byte in HANDSHAKE:
        connection.sendall(bytes([byte]))
    received = b""
    while data := connection.recv(65536):
        received += data
        while (start := received.find(MAGIC + b"ping\0")) >= 0 and len(received) >= start + 32:
            for byte in message(b"pong", received[start + 24:start + 32]):
                connection.sendall(bytes([byte]))
            received = received[start + 32:]


def memory_kib(program):
    with open(f"/proc/{program.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1])


NO_HANDSHAKE = {
    "another protocol": (sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "NOT_V1_OR_OTHER_NETWORK"),
    "another network": (sends(message(b"version", magic=b"\xf9\xbe\xb4\xd9")), "NOT_V1_OR_OTHER_NETWORK"),
    "silence": (sends(), "HANDSHAKE_TIMEOUT"),
    "half a message": (sends(version()[:50]), "HANDSHAKE_TIMEOUT"),
    "no verack": (sends(version()), "HANDSHAKE_TIMEOUT"),
    "a version that is cut": (sends(message(b"version", b"\0\0")), "MALFORMED_MESSAGE"),
    "an early end": (lambda connection: connection.recv(1), "CLOSED_BY_NODE"),
}
AFTER_HANDSHAKE = {
    "four gigabytes": (sends(HANDSHAKE, header(b"block", 0xffffffff)), "MALFORMED_MESSAGE"),
    "wrong checksum": (sends(HANDSHAKE, header(b"ping", 8), b"12345678"), "MALFORMED_MESSAGE"),
    "bytes between messages": (sends(HANDSHAKE, b"\0"), "MALFORMED_MESSAGE"),
    "a count without items": (sends(HANDSHAKE, message(b"inv", b"\xfe\xff\xff\xff\xff")), "MALFORMED_MESSAGE"),
    "no pong": (sends(HANDSHAKE), "PING_TIMEOUT"),
    "wrong pongs": (sends(HANDSHAKE, message(b"pong", b"12345678") * 1000), "PING_TIMEOUT"),
    "a payload that never comes": (sends(HANDSHAKE, header(b"block", 4_000_000), b"x" * 3_999_999), "PING_TIMEOUT"),
}


@pytest.fixture
def good():
    with FakeNode(answers_pings) as node:
        yield node


@pytest.mark.parametrize("case", [*NO_HANDSHAKE, *AFTER_HANDSHAKE])
def test_disconnects_and_retries_hostile_node(directory, good, case):
    act, reason = (NO_HANDSHAKE | AFTER_HANDSHAKE)[case]
    kind = "connect_failed" if case in NO_HANDSHAKE else "disconnected"
    with FakeNode(act) as node, \
            P2pExtractor(directory, "--connect", node.address, "--connect", f"good={good.address}", "--handshake-timeout", 1,
                         "--ping-timeout", 2) as extractor, \
            harness.Events(extractor.url) as events:
        ended = events.wait_for(f"p2p_extractor.{kind}", count=2, where=lambda event: event.all["node"] == "alpha")
        assert {event["reason"] for event in ended} <= {reason, "NETWORK_ERROR" if reason == "CLOSED_BY_NODE" else reason}
        assert not events.find("p2p_extractor.ping_answered", where=lambda event: event.all["node"] == "alpha")
        events.wait_for("p2p_extractor.ping_answered", after=events.mark(), where=lambda event: event.all["node"] == "good")
        assert good.connections == 1
        assert sum("alpha: no connection with" in line for line in extractor.log) <= 2, "a line a reason"
        assert extractor.stop() == 0


def test_bounds_memory_of_garbage(monkeypatch, directory):
    harness.measure_memory(monkeypatch)
    source = random.Random(21)
    kinds = [b"inv", b"addrv2", b"headers", b"cmpctblock", b"ping", b"pong", b"getdata", b"notfound", b"tx", b"block", b"getheaders"]
    def act(connection):
        connection.sendall(HANDSHAKE)
        while True:
            frames = [message(source.choice(kinds), source.randbytes(source.choice((0, 8, 40, 2000)))) for _ in range(200)]
            connection.sendall(b"".join(frames))
    with FakeNode(act) as node, P2pExtractor(directory, "--connect", node.address, retry=0.001) as extractor:
        harness.wait_until(lambda: extractor.figure("received_messages_total") > 1000 and node.connections > 100, "garbage", timeout=120)
        assert extractor.ended("malformed_message") > 90
        assert memory_kib(extractor) < MOST_KIB
        assert extractor.stop() == 0


def test_stops_reading_from_node_that_does_not_read(monkeypatch, directory):
    harness.measure_memory(monkeypatch)
    sent = 0
    def act(connection):
        nonlocal sent
        connection.sendall(HANDSHAKE)
        while True:
            sent += connection.send(message(b"ping", b"12345678") * 1000)
    with FakeNode(act) as node, P2pExtractor(directory, "--connect", node.address) as extractor:
        last = -1
        def full():
            nonlocal last
            before, last = last, sent
            return before == sent > 1_000_000
        harness.wait_until(full, "the buffers are full", timeout=60)
        assert memory_kib(extractor) < MOST_KIB
        assert extractor.stop() == 0


def test_names_port_in_use(directory):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = "127.0.0.1:{}".format(server.getsockname()[1])
        with harness.Program(harness.program("peer-observer-p2p-extractor"), "--listen", f"ipc://{directory}/bus",
                             "--accept", address) as program:
            assert program.wait() == 1
            program.wait_for_log(f"cannot listen for the node on {address}")


@pytest.mark.parametrize(("options", "complaint"), [
    ([], "--connect or --accept is needed"),
    (["--connect", "127.0.0.1"], "--connect: "),
    (["--connect", "al pha=127.0.0.1:1"], "--connect: 'al pha=127.0.0.1:1' does not begin with a node's name"),
    (["--accept", "example.org:8333"], "--accept: "),
    (["--connect", "127.0.0.1:1", "--chain", "main2"], "--chain takes main"),
    (["--connect", "127.0.0.1:1", "--user-agent", "x" * 257], "--user-agent: more than 256 bytes"),
])
def test_names_wrong_option(options, complaint):
    with harness.Program(harness.program("peer-observer-p2p-extractor"), *options) as program:
        assert program.wait() == 2
        program.wait_for_log(complaint)
