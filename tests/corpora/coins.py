"""Transactions that anybody can make: they spend outputs that need no signature (P2WSH of OP_TRUE)."""

import hashlib
import struct

WITNESS_SCRIPT = b"\x51"  # OP_TRUE
SCRIPT = b"\x00\x20" + hashlib.sha256(WITNESS_SCRIPT).digest()
DESCRIPTOR = f"raw({SCRIPT.hex()})"


def compact_size(number):
    return bytes([number]) if number < 0xFD else b"\xfd" + struct.pack("<H", number)


def double_sha256(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class Coin:
    def __init__(self, txid, index, value):
        self.txid, self.index, self.value = txid, index, value


def spend(coin, outputs, fee):
    """(hex, coins): the value in equal parts. The coins can be spent at once."""
    value = (coin.value - fee) // outputs
    body = (b"\x01" + coin.txid + struct.pack("<I", coin.index) + b"\x00" + struct.pack("<I", 0xFFFFFFFD)
            + compact_size(outputs) + (struct.pack("<q", value) + compact_size(len(SCRIPT)) + SCRIPT) * outputs)
    txid = double_sha256(struct.pack("<i", 2) + body + bytes(4))
    witness = b"\x01" + compact_size(len(WITNESS_SCRIPT)) + WITNESS_SCRIPT
    raw = struct.pack("<i", 2) + b"\x00\x01" + body + witness + bytes(4)
    return raw.hex(), [Coin(txid, index, value) for index in range(outputs)]
