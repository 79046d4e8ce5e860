"""One peer's expensive messages, while the ring buffer fills: they lose detail, and other peers lose nothing."""

import signal

import harness
from sim_node import copy_sim_node, play

TRANSACTIONS = 4_000
# A transaction of the least size that can be valid: one input, one output, no scripts.
TRANSACTION = b"\x02\0\0\0" b"\x01" + b"\x11" * 36 + b"\0" b"\xff\xff\xff\xff" b"\x01" + bytes(8) + b"\0" + bytes(4)
BLOCK = b"\x11" * 80 + b"\xfd" + TRANSACTIONS.to_bytes(2, "little") + TRANSACTION * TRANSACTIONS
# Above the size below which a message is always decoded.
INV_ENTRIES = 120
INV = bytes([INV_ENTRIES]) + (b"\x05\0\0\0" + b"\x22" * 32) * INV_ENTRIES

RING_MIB = 8
RECORD_BYTES = 1 << 18  # of a BLOCK: the next power of two
BLOCKS_IN_FRONT, BLOCKS_BEHIND = 8, 20  # of the flooding peer, and of another one that has sent less until the reader has caught up
INVS, PINGS = 5, 100


class Received:
    """What has come: of the blocks the reason of their truncation and what is left of them, of the others their contents."""

    def __init__(self):
        self.blocks, self.invs, self.pings, self.others = [], [], [], []

    def __call__(self, _, event):
        message = event.message.inbound
        if message.message_type == "block":
            block = message.payload.block
            reason = message.truncated.Reason.Name(message.truncated.reason) if message.HasField("truncated") else None
            self.blocks.append((reason, block.transaction_count, len(block.transactions)))
        elif message.message_type == "inv":
            self.invs.append((message.HasField("truncated"), len(message.payload.inv.items)))
        elif message.message_type == "ping":
            self.pings.append(message.payload.ping.nonce)
        else:
            self.others.append(event)


def test_loses_detail_but_no_event_by_flood():
    assert RING_MIB << 19 < (BLOCKS_BEHIND - 1) * RECORD_BYTES, "more than half waits behind the flooding peer's last block"
    assert (BLOCKS_IN_FRONT + BLOCKS_BEHIND + 2) * RECORD_BYTES < RING_MIB << 20, "it fits"
    harness.require_root()
    metrics = f"127.0.0.1:{harness.free_port()}"
    received = Received()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        block, inv = directory / "block", directory / "inv"
        block.write_bytes(BLOCK)
        inv.write_bytes(INV)
        with harness.Extractor(path, directory, "--ring-size", RING_MIB, "--metrics-address", metrics) as extractor, \
                harness.Batches(extractor.url, received) as batches:
            extractor.wait_for_log("tracepoints to")
            # Stopped, so that how fast anything is does not matter.
            extractor.signal(signal.SIGSTOP)
            play(path, "--flood", "block", "--payload", block, "--count", BLOCKS_IN_FRONT)
            play(path, "--flood", "inv", "--payload", inv, "--count", INVS)
            play(path, "--flood", "ping", "--count", PINGS)
            play(path, "--flood", "block", "--payload", block, "--count", BLOCKS_BEHIND)
            extractor.signal(signal.SIGCONT)
            batches.wait_until(lambda: len(received.blocks) == BLOCKS_IN_FRONT + BLOCKS_BEHIND, "every block")

            assert received.others == [], "something was lost"
            assert received.pings == list(range(PINGS))
            assert received.invs == [(False, INV_ENTRIES)] * INVS, "of the other peer nothing is left out"
            cut, whole = ("OVERLOADED", TRANSACTIONS, 0), (None, TRANSACTIONS, TRANSACTIONS)
            assert received.blocks == [cut] * BLOCKS_IN_FRONT + [whole] * BLOCKS_BEHIND
            harness.wait_until(lambda: harness.metric(metrics, "peer_observer_extractor_truncated_messages_total") == BLOCKS_IN_FRONT,
                               "the metric shows the same number")
