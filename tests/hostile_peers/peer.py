"""A peer that counts what the node sends it, keeps little of it, and knows how the node sees it."""

import collections
import contextlib
import struct
import threading
import time

import harness
from scenarios import p2p

KEPT_BYTES = 100_000  # of a message; larger ones are only counted
KEPT_MESSAGES = 2_000


def hosts(network, count):
    """`count` addresses of 127.`network`.0.0/16."""
    return [f"127.{network}.{number // 250}.{number % 250 + 1}" for number in range(count)]


class Peer(p2p.Peer):
    """`pong_delay`: seconds until it answers a ping; None for never."""

    def __init__(self, node, host, *, pong_delay=0, **options):
        self.node = node
        self.pong_delay = pong_delay
        self.count = collections.Counter()
        self.bytes = collections.Counter()
        super().__init__(node, host, **options)
        self.name = "{}:{}".format(*self.socket.getsockname())

    @property
    def received(self):
        return self._received

    @received.setter
    def received(self, messages):
        self._received = collections.deque(messages, KEPT_MESSAGES)

    def info(self):
        """What the node says of this connection; nothing when it has closed it."""
        return next((peer for peer in self.node.rpc.getpeerinfo() if peer["addr"] == self.name), None)

    def sent_by_node(self, message_type):
        return self._bytes("bytessent_per_msg", message_type)

    def received_by_node(self, message_type):
        return self._bytes("bytesrecv_per_msg", message_type)

    def _bytes(self, direction, message_type):
        info = self.info()
        assert info, "the node has closed the connection"
        return info[direction].get(message_type, 0)

    def answer_with(self, on_message):
        self._on_message = on_message

    def wait_count(self, message_type, count, timeout=60):
        """Waits until that many have come since the beginning."""
        with self._new_message:
            assert self._new_message.wait_for(lambda: self.count[message_type] >= count, timeout), \
                f"{self.count[message_type]} instead of {count} {message_type} within {timeout} s"

    def requests(self, item):
        """How many getdata of those that were kept ask for this hash."""
        return sum(any(wanted == item for _, wanted in p2p.read_inventory(payload))
                   for kind, payload in list(self.received) if kind == "getdata")

    def wait_closed(self, timeout=harness.TIMEOUT):
        assert self.closed.wait(timeout), f"the node did not close the connection within {timeout} s"

    def settle(self):
        """Waits until the node has processed what was sent, however much it answers before that."""
        pongs = self.count["pong"]
        self.send("ping", struct.pack("<Q", time.monotonic_ns()))
        self.wait_count("pong", pongs + 1, 120)

    def answer_pings(self):
        """Waits until the node has the answer to its last ping."""
        self.settle()
        harness.wait_until(lambda: "pingwait" not in self.info(), "the node has the pong")

    def send_raw(self, data):
        with self._send_lock:
            self.socket.sendall(data)

    def _keep(self, message_type, payload):
        self.count[message_type] += 1
        self.bytes[message_type] += len(payload)
        if len(payload) <= KEPT_BYTES:
            super()._keep(message_type, payload)

    def _answer_ping(self, nonce):
        def answer():
            with contextlib.suppress(OSError):
                self.send("pong", nonce)
        if self.pong_delay:
            timer = threading.Timer(self.pong_delay, answer)
            timer.daemon = True
            timer.start()
        elif self.pong_delay is not None:
            answer()


@contextlib.contextmanager
def connected(node, sources, **options):
    """A peer from each source; all are gone from the node at the end."""
    with contextlib.ExitStack() as stack:
        peers = []
        # Pushed first, hence called last, when all are closed here.
        stack.callback(lambda: wait_gone(node, peers))
        for host in sources:
            peers.append(stack.enter_context(Peer(node, host, **options)))
        yield peers


def wait_gone(node, peers):
    names = {peer.name for peer in peers}
    with contextlib.suppress(OSError):  # the node itself may be gone
        harness.wait_until(lambda: not names & {peer["addr"] for peer in node.rpc.getpeerinfo()}, "the node has let the peers go")


def frame(message_type, payload=b"", checksum=None, magic=p2p.MAGIC, size=None):
    """A message as it is on the wire, right or wrong."""
    return (magic + message_type.encode("latin-1").ljust(12, b"\0") + struct.pack("<I", len(payload) if size is None else size)
            + (p2p.double_sha256(payload)[:4] if checksum is None else checksum) + payload)
