"""Connects to a regtest node as a peer.

peer.py HOST PORT misbehave                 announce more headers than a message may hold, and wait to be disconnected
peer.py HOST PORT announce [IP PORT]...     announce addresses
peer.py HOST PORT ping COUNT                ping that often
"""

import hashlib
import ipaddress
import socket
import struct
import sys
import time


def message(kind, payload=b""):
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return bytes.fromhex("fabfb5da") + kind.ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum + payload


def too_many_headers():
    return message(b"headers", b"\xfd" + struct.pack("<H", 2001))


def addresses(words):
    pairs = list(zip(words[::2], map(int, words[1::2])))
    payload = bytes([len(pairs)])
    for address, port in pairs:
        packed = bytes(10) + b"\xff\xff" + ipaddress.IPv4Address(address).packed
        payload += struct.pack("<IQ", int(time.time()), 1) + packed + struct.pack(">H", port)
    return message(b"addr", payload)


USER_AGENT = b"/peer.py:1/"
VERSION = struct.pack("<iQq", 70016, 0, int(time.time())) + bytes(52) + struct.pack("<QB", 1, len(USER_AGENT)) + USER_AGENT + struct.pack("<iB", 0, 0)

host, port, what, *words = sys.argv[1:]
with socket.create_connection((host, int(port)), timeout=30) as peer:
    peer.sendall(message(b"version", VERSION) + message(b"verack"))
    if what == "misbehave":
        peer.sendall(too_many_headers())
        while peer.recv(65536):
            pass
    else:
        # The answer to the last ping comes after all the rest was processed.
        first = addresses(words) if what == "announce" else message(b"ping", b"abcdefgh") * int(words[0])
        peer.sendall(first + message(b"ping", b"12345678"))
        received = b""
        while message(b"pong", b"12345678") not in received:
            data = peer.recv(65536)
            assert data, "disconnected"
            received += data
