"""Blocks and transactions for a node on regtest, spent with a script that needs no signature."""

import dataclasses
import hashlib
import struct
import time

from scenarios.p2p import compact_size, double_sha256, header

from . import messages


def pay_to_script(script):
    """The output script (P2WSH) for a witness script."""
    return b"\x00\x20" + hashlib.sha256(script).digest()


TRUE = b"\x51"
ANYONE = pay_to_script(TRUE)
WITNESS_OF_ANYONE = [TRUE]
COIN = 100_000_000
FINAL, REPLACEABLE = 0xFFFFFFFF, 0xFFFFFFFD


@dataclasses.dataclass(frozen=True)
class Transaction:
    raw: bytes
    stripped: bytes
    outputs: tuple  # (value in satoshi, script)

    @property
    def txid(self):
        return double_sha256(self.stripped)

    @property
    def wtxid(self):
        return double_sha256(self.raw)

    @property
    def hex_txid(self):
        return self.txid[::-1].hex()

    def coin(self, index=0):
        return self.txid, index, self.outputs[index][0]


def output(value_and_script):
    value, script = value_and_script
    return struct.pack("<q", value) + data(script)


def data(some):
    """Of a script: a push of up to 75 bytes; of a witness: an item."""
    return compact_size(len(some)) + some


def spend(coins, outputs, witness=WITNESS_OF_ANYONE, last_witness=None, sequence=REPLACEABLE, version=2):
    """Spends coins (txid, index, value), each with the same witness but for the last one."""
    return spend_each(coins, outputs, [witness] * (len(coins) - 1) + [last_witness or witness], sequence, version)


def spend_each(coins, outputs, stacks, sequence=REPLACEABLE, version=2):
    """Spends coins, each with its witness."""
    inputs = compact_size(len(coins)) + b"".join(
        txid + struct.pack("<I", index) + b"\0" + struct.pack("<I", sequence) for txid, index, _ in coins)
    outs = compact_size(len(outputs)) + b"".join(map(output, outputs))
    head, tail = struct.pack("<i", version), struct.pack("<I", 0)
    stripped = head + inputs + outs + tail
    witnesses = b"".join(compact_size(len(stack)) + b"".join(map(data, stack)) for stack in stacks)
    raw = head + b"\0\1" + inputs + outs + witnesses + tail if any(stacks) else stripped
    return Transaction(raw, stripped, tuple(outputs))


def spend_signed(coins, outputs, script, sign):
    """Spends coins of one witness script. `sign` makes a signature of what BIP 143 has signed; the witness is a dummy, it, the script."""
    sequence = struct.pack("<I", REPLACEABLE)
    points = [txid + struct.pack("<I", index) for txid, index, _ in coins]
    before = struct.pack("<i", 2) + double_sha256(b"".join(points)) + double_sha256(sequence * len(coins))
    after = sequence + double_sha256(b"".join(map(output, outputs))) + struct.pack("<II", 0, 1)
    digests = [double_sha256(before + point + data(script) + struct.pack("<q", value) + after) for point, (*_, value) in zip(points, coins)]
    return spend_each(coins, outputs, [[b"", sign(digest), script] for digest in digests])


def pay(coin, fee=10_000, script=ANYONE, outputs=1, **options):
    """Spends one coin to equal outputs."""
    return spend([coin], [((coin[2] - fee) // outputs, script)] * outputs, **options)


def mine(node, blocks=1, script=ANYONE):
    return node.rpc.generatetodescriptor(blocks, f"raw({script.hex()})")


def mine_with(node, *transactions):
    """A block with these, whatever the mempool's rules say of them. Returns its hash as RPC shows it."""
    return node.rpc.generateblock(f"raw({ANYONE.hex()})", [transaction.raw.hex() for transaction in transactions])["hash"]


def coins(node, count=1):
    """Outputs of the oldest blocks that are mature, to spend with `pay`, and not spent."""
    found = []
    for height in range(1, node.rpc.getblockcount() - 99):
        block = node.rpc.getblock(node.rpc.getblockhash(height))
        out = node.rpc.gettxout(block["tx"][0], 0)
        if out and out["scriptPubKey"]["hex"] == ANYONE.hex():
            found.append((messages.wire(block["tx"][0]), 0, round(float(out["value"]) * COIN)))
        if len(found) == count:
            return found
    raise AssertionError(f"{len(found)} instead of {count} coins")


def mature(node):
    """The node has left the initial block download, and ten coins to spend."""
    mine(node, 110)


def large_block(node, size=900_000, outputs=0):
    """Mines one, with a transaction that has one output of so many bytes, which nobody can spend, and small ones."""
    coin, = coins(node)
    value = (coin[2] - 10_000) // (outputs + 1)
    small = [(value, b"\0\x14" + number.to_bytes(20, "big")) for number in range(outputs)]
    return mine_with(node, spend([coin], [(0, b"\x6a" + bytes(size)), (value, ANYONE), *small]))


@dataclasses.dataclass(frozen=True)
class Block:
    header: bytes
    transactions: tuple  # raw

    @property
    def hash(self):
        return double_sha256(self.header)

    @property
    def hex_hash(self):
        return self.hash[::-1].hex()

    @property
    def raw(self):
        return self.header + compact_size(len(self.transactions)) + b"".join(self.transactions)


def merkle_root(hashes):
    while len(hashes) > 1:
        hashes = hashes + hashes[-1:] * (len(hashes) % 2)
        hashes = [double_sha256(hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def coinbase(height, extra=b""):
    number = height.to_bytes((height.bit_length() + 8) // 8, "little")
    script = (bytes([0x50 + height]) if height <= 16 else data(number)) + data(extra or b"\0")
    return (struct.pack("<i", 2) + b"\1" + bytes(32) + b"\xff" * 4 + compact_size(len(script)) + script + b"\xff" * 4
            + b"\1" + struct.pack("<q", 0) + data(ANYONE) + struct.pack("<I", 0))


def block_on(previous_hash, height, time_s, extra=b"", transactions=()):
    """A valid block whose transactions have no witness."""
    all_of_it = (coinbase(height, extra), *(transaction.stripped for transaction in transactions))
    root = merkle_root([double_sha256(raw) for raw in all_of_it])
    return Block(header(previous_hash, root, time_s), all_of_it)


def block_on_tip(node, extra=b"", transactions=(), time_s=None):
    tip = node.rpc.getblockheader(node.rpc.getbestblockhash())
    return block_on(messages.wire(tip["hash"]), tip["height"] + 1, max(tip["time"] + 1, time_s or int(time.time())), extra, transactions)
