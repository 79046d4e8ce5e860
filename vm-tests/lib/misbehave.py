"""Connects to a regtest node as a peer and announces more headers than a message may hold; waits to be disconnected."""

import hashlib
import socket
import struct
import sys
import time


def message(kind, payload=b""):
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return bytes.fromhex("fabfb5da") + kind.ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum + payload


VERSION = struct.pack("<iQq", 70016, 0, int(time.time())) + bytes(52) + struct.pack("<QBiB", 1, 0, 0, 0)

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=30) as peer:
    peer.sendall(message(b"version", VERSION) + message(b"verack"))
    peer.sendall(message(b"headers", b"\xfd" + struct.pack("<H", 2001)))
    while peer.recv(65536):
        pass
