"""A peer that speaks the v1 transport and sends what a test likes."""

import hashlib
import socket
import struct
import time

REGTEST_MAGIC = bytes.fromhex("fabfb5da")


class RawPeer:
    """A peer that sends what it likes."""

    def __init__(self, node, user_agent=b""):
        self.socket = socket.create_connection(("127.0.0.1", node.port))
        self.address = "{}:{}".format(*self.socket.getsockname())
        self.send("version", struct.pack("<iQq", 70016, 9, int(time.time())) + bytes(26) * 2 + struct.pack("<Q", 1)
                  + bytes([len(user_agent)]) + user_agent + struct.pack("<i", 0) + b"\x01")

    def send(self, message_type, payload=b""):
        checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
        self.socket.sendall(REGTEST_MAGIC + message_type.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum
                            + payload)
