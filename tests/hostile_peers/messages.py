"""Payloads of P2P messages that scenarios/p2p.py does not have."""

import struct
import time

from scenarios.p2p import compact_size

FILTERED_BLOCK, COMPACT_BLOCK = 3, 4  # inventory types
NOTHING = bytes(32)


def wire(hex_hash):
    """A hash in the order of the wire, from how RPC shows it."""
    return bytes.fromhex(hex_hash)[::-1]


def locator(have, stop=NOTHING):
    """Of getheaders and getblocks: from the first known hash of `have`, or from genesis."""
    return struct.pack("<i", 70016) + compact_size(len(have)) + b"".join(have) + stop


def headers(*some):
    return compact_size(len(some)) + b"".join(header + b"\0" for header in some)


def filterload(bits, functions, tweak=0, flags=0):
    return compact_size(len(bits)) + bits + struct.pack("<IIB", functions, tweak, flags)


def filter_range(start_height, stop_hash):
    """Of getcfilters and getcfheaders, basic filters."""
    return b"\0" + struct.pack("<I", start_height) + stop_hash


def getblocktxn(block_hash, indexes):
    differences = [index - previous - 1 for index, previous in zip(indexes, [-1, *indexes])]
    return block_hash + compact_size(len(indexes)) + b"".join(map(compact_size, differences))


def compact_block(header, coinbase, short_ids, nonce=0):
    """With the coinbase prefilled."""
    return (header + struct.pack("<Q", nonce) + compact_size(len(short_ids)) + b"".join(short_ids)
            + compact_size(1) + compact_size(0) + coinbase)


def sendcmpct(announce, version=2):
    return struct.pack("<BQ", announce, version)


def addrv2(addresses, services=9, port=8333, seen=None):
    """IPv4 addresses, as bytes."""
    when = int(time.time()) if seen is None else seen
    return compact_size(len(addresses)) + b"".join(
        struct.pack("<I", when) + compact_size(services) + b"\x01\x04" + address + struct.pack(">H", port) for address in addresses)


def text(address):
    return ".".join(map(str, address))
