"""A peer that speaks Bitcoin's P2P protocol (v1 transport, regtest) and does what the test wants, good or bad."""

import hashlib
import os
import random
import socket
import struct
import threading
import time

MAGIC = bytes.fromhex("fabfb5da")  # regtest
TX, BLOCK, WTX, WITNESS_TX, WITNESS_BLOCK = 1, 2, 5, 0x40000001, 0x40000002
NODE_NETWORK, NODE_WITNESS = 1, 8


def double_sha256(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def compact_size(number):
    if number < 0xFD:
        return bytes([number])
    return b"\xfd" + struct.pack("<H", number) if number <= 0xFFFF else b"\xfe" + struct.pack("<I", number)


def inventory(kind, hashes):
    return compact_size(len(hashes)) + b"".join(struct.pack("<I", kind) + item for item in hashes)


def read_inventory(payload):
    """[(type, hash)], for fewer than 65,536 items."""
    count, start = (payload[0], 1) if payload[0] < 0xFD else (struct.unpack("<H", payload[1:3])[0], 3)
    items = [payload[start + 36 * i:start + 36 * (i + 1)] for i in range(count)]
    return [(struct.unpack("<I", item[:4])[0], item[4:]) for item in items]


def addrv2(count, rng, unroutable=0):
    """Addresses of 240.0.0.0/4, which are reserved and routable to Core, but for the first ones, of 10.0.0.0/8."""
    entries = (struct.pack("<I", int(time.time())) + compact_size(NODE_NETWORK | NODE_WITNESS) + b"\x01\x04"
               + bytes([10 if number < unroutable else rng.randrange(240, 255)]) + rng.randbytes(3) + struct.pack(">H", 8333)
               for number in range(count))
    return compact_size(count) + b"".join(entries)


def transaction(rng, script_pubkey=bytes.fromhex("0014") + b"\x07" * 20, outputs=1):
    """One that spends an output that does not exist."""
    outs = b"".join(struct.pack("<q", 10_000) + compact_size(len(script_pubkey)) + script_pubkey for _ in range(outputs))
    return (struct.pack("<i", 2) + b"\x01" + rng.randbytes(32) + struct.pack("<I", 0) + b"\x00" + struct.pack("<I", 0xFFFFFFFD)
            + compact_size(outputs) + outs + struct.pack("<I", 0))


def header(previous, merkle_root, time_s):
    """A block header with regtest's proof of work."""
    for nonce in range(1_000):
        candidate = struct.pack("<i", 0x20000000) + previous + merkle_root + struct.pack("<III", time_s, 0x207FFFFF, nonce)
        if int.from_bytes(double_sha256(candidate), "little") <= 0x7FFFFF << 232:
            return candidate
    raise AssertionError("one in two should have done")


class Peer:
    """Connects from `host`, an address of 127.0.0.0/8. Reads what comes in a thread of its own and answers pings;
    `on_message(peer, type, payload)` may answer more."""

    def __init__(self, node, host="127.0.0.2", user_agent=b"/Satoshi:27.0.0/", services=NODE_NETWORK | NODE_WITNESS,
                 clock_offset=0, relay=True, on_message=None, handshake=True, connection=None):
        self.received = []
        self.closed = threading.Event()
        self._may_read = threading.Event()
        self._may_read.set()
        self._new_message = threading.Condition()
        self._send_lock = threading.Lock()
        self._on_message = on_message
        self.socket = connection or socket.create_connection(("127.0.0.1", node.port), timeout=30, source_address=(host, 0))
        self.socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if handshake:
            self._shake_hands(user_agent, services, clock_offset, relay)

    @classmethod
    def called_by(cls, node, host, **options):
        """One that the node connects to."""
        with socket.create_server((host, 0)) as listener:
            listener.settimeout(30)
            node.rpc.addnode(f"{host}:{listener.getsockname()[1]}", "onetry", False)
            return cls(node, connection=listener.accept()[0], **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def stop_reading(self):
        self._may_read.clear()

    def close(self):
        self._may_read.set()
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self._reader.join(30)

    def send(self, message_type, payload=b""):
        frame = MAGIC + message_type.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + double_sha256(payload)[:4]
        with self._send_lock:
            self.socket.sendall(frame + payload)

    def wait_for(self, message_type, timeout=30):
        """The payload of the first such message."""
        def found():
            return next((payload for kind, payload in self.received if kind == message_type), None)
        with self._new_message:
            assert self._new_message.wait_for(lambda: found() is not None, timeout), \
                f"no {message_type} within {timeout} s, but {[kind for kind, _ in self.received]}"
        return found()

    def sync(self):
        """Returns when the node has processed what was sent."""
        nonce = os.urandom(8)
        self.send("ping", nonce)
        with self._new_message:
            assert self._new_message.wait_for(lambda: ("pong", nonce) in self.received, 30), "no pong"

    def _shake_hands(self, user_agent, services, clock_offset, relay):
        address = struct.pack("<Q", services) + bytes(10) + b"\xff\xff" + bytes(4) + struct.pack(">H", 0)
        self.send("version", struct.pack("<iQq", 70016, services, int(time.time()) + clock_offset) + address * 2 + os.urandom(8)
                  + compact_size(len(user_agent)) + user_agent + struct.pack("<i?", 0, relay))
        self.wait_for("version")
        self.send("wtxidrelay")
        self.send("sendaddrv2")
        self.wait_for("verack")
        self.send("verack")
        self.sync()

    def _read_exactly(self, size):
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._may_read.wait()
            taken = self.socket.recv_into(view)
            if not taken:
                raise OSError("closed")
            view = view[taken:]
        return bytes(data)

    def _keep(self, message_type, payload):
        """What to remember of a message."""
        self.received.append((message_type, payload))

    def _answer_ping(self, nonce):
        self.send("pong", nonce)

    def _read(self):
        try:
            while True:
                head = self._read_exactly(24)
                message_type = head[4:16].rstrip(b"\0").decode()
                payload = self._read_exactly(struct.unpack("<I", head[16:20])[0])
                with self._new_message:
                    self._keep(message_type, payload)
                    self._new_message.notify_all()
                if message_type == "ping":
                    self._answer_ping(payload)
                if self._on_message:
                    self._on_message(self, message_type, payload)
        except OSError:
            pass
        finally:
            self.closed.set()
            with self._new_message:
                self._new_message.notify_all()


def seeded(seed):
    return random.Random(seed)
