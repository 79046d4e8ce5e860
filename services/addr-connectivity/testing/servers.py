"""Servers on addresses of 127.0.0.0/8 that behave as hosts behind announced addresses do, well and badly. They count."""

import asyncio
import collections
import contextlib
import hashlib
import os
import resource
import socket
import struct
import threading
import time

MAGIC = {
    "main": bytes.fromhex("f9beb4d9"), "test": bytes.fromhex("0b110907"), "testnet4": bytes.fromhex("1c163f28"),
    "signet": bytes.fromhex("0a03cf40"), "regtest": bytes.fromhex("fabfb5da"),
}


def message(payload, magic=MAGIC["regtest"], kind=b"version"):
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return magic + kind.ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum + payload


def version(agent=b"/test:1.0/", height=7, clock_offset=0, magic=MAGIC["regtest"]):
    receiver = bytes(8 + 10) + b"\xff\xff" + socket.inet_aton("127.77.77.77") + struct.pack(">H", 7777)
    payload = struct.pack("<iQq", 70016, 1033, int(time.time()) + clock_offset) + receiver + bytes(26) + os.urandom(8)
    return message(payload + bytes([len(agent)]) + agent + struct.pack("<i?", height, True), magic)


async def until_closed(reader):
    with contextlib.suppress(ConnectionError):
        while await reader.read(1 << 16):
            pass


async def greet(reader):
    """Waits for the visitor's version message, as Core does."""
    header = await reader.readexactly(24)
    return header + await reader.readexactly(struct.unpack("<I", header[16:20])[0])


async def good(server, reader, writer):
    server.greetings.append(await greet(reader))
    writer.write(version())
    server.afterwards.append(await reader.read())


async def echo(server, reader, writer):
    """Sends back what it hears."""
    while data := await reader.read(4096):
        writer.write(data)


async def odd_type(_, reader, writer):
    """A version message whose type continues behind its NUL."""
    writer.write(version().replace(b"version\0\0", b"version\0x"))
    await until_closed(reader)


async def silent(_, reader, __):
    await until_closed(reader)


async def closes(_, __, ___):
    pass


async def closes_after_greeting(_, reader, __):
    await greet(reader)


async def closes_within_version(_, reader, writer):
    await greet(reader)
    writer.write(version()[:40])


async def hangs_within_version(_, reader, writer):
    writer.write(version()[:40])
    await until_closed(reader)


async def byte_by_byte(_, reader, writer):
    for byte in version():
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.002)
    await until_closed(reader)


async def web(_, reader, writer):
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await until_closed(reader)


async def says_little(_, reader, writer):
    writer.write(b"220 ")
    await until_closed(reader)


async def main_network(_, reader, writer):
    writer.write(version(magic=MAGIC["main"]))
    await until_closed(reader)


async def unknown_network(_, reader, writer):
    writer.write(version(magic=b"\1\2\3\4"))
    await until_closed(reader)


async def megabytes(server, reader, writer):
    with contextlib.suppress(ConnectionError):
        for _ in range(1000):
            writer.write(os.urandom(4) * (1 << 16))
            server.bytes_sent += 1 << 18
            await writer.drain()


async def huge_version(_, reader, writer):
    writer.write(MAGIC["regtest"] + b"version\0\0\0\0\0" + struct.pack("<I", 4_000_000) + bytes(4) + bytes(100_000))
    await until_closed(reader)


class Servers:
    """Listens where it is told to, on the loopback interface only, in a thread with an event loop of its own."""

    def __init__(self):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        self.times = []  # of each connection
        self.targets = collections.Counter()  # connections to each (host, port)
        self.open = collections.Counter()  # now: in all, of each group, to each host, to each /16
        self.most_open = collections.Counter()  # at a time
        self.greetings = []
        self.afterwards = []  # what came after the greeting
        self.bytes_sent = 0
        self.errors = []
        self._listeners = []
        self._tasks = set()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(60)
        self.loop.close()
        assert self.errors == []

    async def _close(self):
        for listener in self._listeners:
            listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def listen(self, behaviour, host="127.0.0.1", port=0, group=None):
        """The port. Connections are counted by `group`, too. The host 0.0.0.0 stands for all of 127.0.0.0/8: the socket is bound to the loopback interface."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        listener.bind((host, port))
        listener.listen(4096)

        async def start():
            server = await asyncio.start_server(lambda r, w: self._serve(behaviour, group, r, w), sock=listener, limit=1 << 20)
            self._listeners.append(server)
        asyncio.run_coroutine_threadsafe(start(), self.loop).result(60)
        return listener.getsockname()[1]

    def deaf(self):
        """The port of a socket that answers no SYN: its queue is full."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._listeners.append(listener)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
            self._listeners.append(filler)
        return listener.getsockname()[1]

    async def _serve(self, behaviour, group, reader, writer):
        self._tasks.add(asyncio.current_task())
        host, port = writer.get_extra_info("sockname")[:2]
        keys = ("all", group, host, host.rsplit(".", 2)[0])
        self.times.append(time.monotonic())
        self.targets[host, port] += 1
        for key in keys:
            self.open[key] += 1
            self.most_open[key] = max(self.most_open[key], self.open[key])
        try:
            await behaviour(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # for the test, which runs in another thread
            self.errors.append(error)
        finally:
            for key in keys:
                self.open[key] -= 1
            writer.close()
            self._tasks.discard(asyncio.current_task())

    def connections(self):
        return sum(self.targets.values())
