"""What strangers send to a port: nothing that the one behind it would have asked for."""

import contextlib
import socket
import ssl
import struct

GREETING = b"\0SP\0\0\x21\0\0"  # nanomsg's, from a subscriber
HTTP = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"


def tls_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def messages(random):
    """Each is sent on a connection of its own."""
    def noise(size):
        return random.randbytes(size)
    def head(size):
        return GREETING + struct.pack(">Q", size)
    return [
        b"\0", b"\n", b"\r\n\r\n", noise(1), noise(8), noise(100), noise(70_000), b"\0" * 70_000, b"\xff" * 70_000,
        # nanomsg, to where it is spoken and to where it is not
        GREETING[:3], GREETING[:7], GREETING, b"\0SP\0\0\x20\0\0", b"\0SP\0\0\x10\0\0", b"\0SP\1\0\x21\0\0", GREETING * 100,
        GREETING + noise(10_000), head(0), head(1 << 63), head((1 << 64) - 1) + noise(1000), head(1 << 20) + noise(100),
        # HTTP, likewise
        HTTP + b"\r\n", HTTP, HTTP + b"Content-Length: 18446744073709551616\r\n\r\n", HTTP + b"Content-Length: -1\r\n\r\nx",
        HTTP + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", HTTP + b"X: " + b"y" * 200_000,
        HTTP + b"X: y\r\n" * 20_000 + b"\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"GET /metrics\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n" + noise(10_000), b"GET /%00%ff/../.. HTTP/9.9\r\n\r\n",
        (HTTP + b"\r\n") * 200, HTTP + b"Expect: 100-continue\r\n\r\n", HTTP + b"Accept-Encoding: " + b"gzip," * 1000 + b"\r\n\r\n",
        HTTP + b"Authorization: Basic " + b"=" * 5000 + b"\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noise(100),
        # others
        tls_hello(), tls_hello()[:20], b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05\x01\x00", b"\xfa\xbf\xb5\xdaversion\0\0\0\0\0" + noise(100),
    ]


def connect(address):
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.settimeout(0.05)
    return connection


def reset(connection):
    """Closes with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def talk(address, message, random):
    """Sends it, in pieces or at once, hears an answer or not, and leaves in one way or another. It need not be heard to its end."""
    with contextlib.suppress(OSError), contextlib.closing(connect(address)) as connection:
        cut = random.randrange(len(message))
        for piece in random.choice(((message,), (message[:cut], message[cut:]))):
            if piece:
                connection.sendall(piece)
        how = random.randrange(4)
        if how == 0:
            connection.shutdown(socket.SHUT_WR)
        if how <= 1:
            connection.recv(1000)
        if how == 2:
            reset(connection)


def knock(address, count):
    """Connects, and resets."""
    for _ in range(count):
        with contextlib.suppress(OSError):
            reset(connect(address))


class SlowOnes:
    """Many who have begun to say something, and continue a byte at a time."""

    def __init__(self, address, count):
        self.connections = []
        for i in range(count):
            with contextlib.suppress(OSError):
                connection = connect(address)
                connection.send(HTTP if i % 2 else GREETING[:3])
                self.connections.append(connection)

    def go_on(self):
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.send(b"X")

    def leave(self):
        for connection in self.connections:
            connection.close()
